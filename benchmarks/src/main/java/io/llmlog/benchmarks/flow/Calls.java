package io.llmlog.benchmarks.flow;

import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.SplittableRandom;

/**
 * The calls of a service: 50 companies, the n-th of which calls a n-th as often as the first, 10
 * actions with a model each but for one call in ten, one call in fifty failed. The same in every
 * run. Not safe for use by several threads at once.
 */
final class Calls {
  private static final int COMPANIES = 50;
  private static final int ACTIONS = 10;
  private static final int MODELS = 5;

  /** What a service says of a call. */
  enum Shape {
    /** What it usually knows: about 400 bytes of JSON. */
    USUAL,
    /** All that it may know, with trace, session and facts of its own: about 900 bytes. */
    ALL
  }

  private final Shape shape;
  private final SplittableRandom random;

  /**
   * @param seed tells runs apart that are to differ
   */
  Calls(Shape shape, long seed) {
    this.shape = shape;
    this.random = new SplittableRandom(seed);
  }

  /** The next call, begun at that moment, with an identity of its own. */
  LlmEvent next(Instant at) {
    return nextBuilder(at).build();
  }

  /** As {@link #next}, for one who adds to it. */
  LlmEvent.Builder nextBuilder(Instant at) {
    int company = often(COMPANIES);
    int action = often(ACTIONS);
    int model = random.nextInt(10) > 0 ? action % MODELS : random.nextInt(MODELS);
    int tokens = 200 + random.nextInt(8000);
    LlmEvent.Builder call =
        LlmEvent.builder("interview.question-" + action)
            .createdAt(at)
            .userId(random.nextInt(5000))
            .companyId(company)
            .interviewId(random.nextInt(100_000))
            .provider("provider-" + model % 2)
            .model("gpt-4o-mini-" + model)
            .tokensInput(tokens)
            .tokensOutput(20 + random.nextInt(700))
            .costUsd(BigDecimal.valueOf(tokens * 15L + random.nextInt(10_000), 8))
            .latencyMs(300 + random.nextInt(9000))
            .ttftMs(200 + random.nextInt(700))
            .streaming(true)
            .finishReason("stop")
            .deploymentEnvironment("production")
            .service("interviews");
    if (random.nextInt(50) == 0) {
      call.errorType("timeout").errorMessage("no answer within 30 s");
    }
    return shape == Shape.USUAL ? call : more(call, model, tokens);
  }

  private LlmEvent.Builder more(LlmEvent.Builder call, int model, int tokens) {
    return call.message("Question " + random.nextInt(1_000_000) + " of the interview answered")
        .responseModel("gpt-4o-mini-2024-07-18-" + model)
        .responseId("chatcmpl-" + hex(16))
        .tokensCacheRead(random.nextInt(tokens))
        .tokensCacheWrite(random.nextInt(256))
        .tokensReasoning(random.nextInt(64))
        .traceId(hex(16))
        .spanId(hex(8))
        .sessionId(hex(16))
        .deploymentVersion("2026.11.3")
        .metadata("attempt", random.nextInt(3))
        .metadata("prompt", "v" + random.nextInt(9));
  }

  private String hex(int bytes) {
    StringBuilder text = new StringBuilder(2 * bytes);
    for (int i = 0; i < bytes; i++) {
      int value = random.nextInt(256);
      text.append(Character.forDigit(value >> 4, 16)).append(Character.forDigit(value & 15, 16));
    }
    return text.toString();
  }

  private int often(int of) {
    // The inverse of the sum of 1/n, which is about the logarithm.
    return (int) Math.exp(random.nextDouble() * Math.log(of + 1.0)) - 1;
  }
}
