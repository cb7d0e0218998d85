package io.llmlog.examples.demo;

import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Gives each call of a workload what the workload does not say: company, user, action, model,
 * times, and now and then an error. The same call of the same seed always gets the same.
 */
final class CallMix {
  /** Companies get 1/1, 1/2, 1/3 … of the calls, as a few customers make most of the traffic. */
  private static final int COMPANIES = 12;

  private static final int USERS_PER_COMPANY = 40;
  private static final int INTERVIEWS_PER_COMPANY = 200;

  private record Model(String name, String provider, int share) {}

  /** The last has no price in {@link PriceList}: its cost is unknown and is shown so. */
  private static final List<Model> MODELS =
      List.of(
          new Model("gpt-4o-mini", "openai", 40),
          new Model("claude-sonnet-4", "anthropic", 25),
          new Model("gpt-4o", "openai", 15),
          new Model("gemini-2.5-flash", "google", 12),
          new Model("house-llama-70b", "in-house", 8));

  private static final List<String> ACTIONS =
      List.of(
          "interview.question",
          "interview.evaluation",
          "cv.parse",
          "candidate.match",
          "outreach.email",
          "chat.answer");

  private record Failure(String type, String message) {}

  /** Failures in mid-answer, whose tokens were counted and charged. */
  private static final List<Failure> FAILURES =
      List.of(
          new Failure("java.net.http.HttpTimeoutException", "request timed out"),
          new Failure("java.io.IOException", "stream closed before its end"),
          new Failure("content_filter", "the answer was cut off by the provider's filter"));

  private static final double FAILURE_SHARE = 0.015;

  private final long seed;

  CallMix(long seed) {
    this.seed = seed;
  }

  /** The event of the call that has this place in the workload. */
  LlmEvent event(long index, Usage usage) {
    // The generator mixes its seed well, so neighbours need not be far apart.
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + index);
    long company = company(random);
    Model model = model(random);
    String action = ACTIONS.get(random.nextInt(ACTIONS.size()));
    boolean streaming = random.nextInt(100) < 60;
    // Rough times of a served model: a queue, the prompt at 20 tokens/ms, an output token in 15 ms.
    long ttft = 120 + random.nextInt(200) + usage.tokensInput() / 20;
    long latency = ttft + Math.round(usage.tokensOutput() * (10 + random.nextDouble() * 10));
    LlmEvent.Builder event =
        LlmEvent.builder(action)
            .createdAt(usage.at())
            .companyId(company)
            .userId(company * 1000 + random.nextInt(USERS_PER_COMPANY))
            .provider(model.provider())
            .model(model.name())
            .tokensInput(usage.tokensInput())
            .tokensOutput(usage.tokensOutput())
            .latencyMs(latency)
            .streaming(streaming);
    if (streaming) {
      event.ttftMs(ttft);
    }
    if (action.startsWith("interview.")) {
      event.interviewId(company * 1000 + random.nextInt(INTERVIEWS_PER_COMPANY));
    }
    BigDecimal cost = PriceList.cost(model.name(), usage.tokensInput(), usage.tokensOutput());
    if (cost != null) {
      event.costUsd(cost).priceVersion(PriceList.VERSION);
    }
    if (random.nextDouble() < FAILURE_SHARE) {
      Failure failure = FAILURES.get(random.nextInt(FAILURES.size()));
      event.errorType(failure.type()).errorMessage(failure.message());
    } else {
      event.finishReason("stop");
    }
    return event.build();
  }

  private static long company(SplittableRandom random) {
    double total = 0;
    for (int id = 1; id <= COMPANIES; id++) {
      total += 1.0 / id;
    }
    double left = random.nextDouble() * total;
    int id = 1;
    while (id < COMPANIES && left >= 1.0 / id) {
      left -= 1.0 / id;
      id++;
    }
    return id;
  }

  private static Model model(SplittableRandom random) {
    int left = random.nextInt(100);
    for (Model model : MODELS) {
      left -= model.share();
      if (left < 0) {
        return model;
      }
    }
    throw new IllegalStateException("the shares of the models do not add up to 100");
  }
}
