package io.llmlog.benchmarks.caller;

import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;

/**
 * The call that every subject logs: what a service usually knows, about 400 bytes of JSON. Its
 * values are given to each subject as a service would have them: numbers as numbers, texts as texts
 * that are there already.
 */
final class SampleCall {
  static final String ACTION = "interview.question";
  static final long USER_ID = 7017;
  static final long COMPANY_ID = 7;
  static final long INTERVIEW_ID = 7105;
  static final String PROVIDER = "openai";
  static final String MODEL = "gpt-4o-mini";
  static final long TOKENS_INPUT = 4808;
  static final long TOKENS_OUTPUT = 10;
  static final BigDecimal COST = new BigDecimal("0.0007272");
  static final long LATENCY_MS = 531;
  static final long TTFT_MS = 402;
  static final String FINISH_REASON = "stop";
  static final String ENVIRONMENT = "production";
  static final String SERVICE = "interviews";

  private SampleCall() {}

  // Each in one chain, as services write it: the compiler of the JVM then needs no builder.

  static LlmEvent event() {
    return LlmEvent.builder(ACTION)
        .userId(USER_ID)
        .companyId(COMPANY_ID)
        .interviewId(INTERVIEW_ID)
        .provider(PROVIDER)
        .model(MODEL)
        .tokensInput(TOKENS_INPUT)
        .tokensOutput(TOKENS_OUTPUT)
        .costUsd(COST)
        .latencyMs(LATENCY_MS)
        .ttftMs(TTFT_MS)
        .streaming(true)
        .finishReason(FINISH_REASON)
        .deploymentEnvironment(ENVIRONMENT)
        .service(SERVICE)
        .build();
  }

  /** A call of which little is known: with identity and time, 5 columns. */
  static LlmEvent fiveColumns() {
    return LlmEvent.builder(ACTION).companyId(COMPANY_ID).model(MODEL).build();
  }

  /** A call of which much is known: with identity and time, 30 columns. */
  static LlmEvent thirtyColumns() {
    return LlmEvent.builder(ACTION)
        .userId(USER_ID)
        .companyId(COMPANY_ID)
        .interviewId(INTERVIEW_ID)
        .provider(PROVIDER)
        .model(MODEL)
        .tokensInput(TOKENS_INPUT)
        .tokensOutput(TOKENS_OUTPUT)
        .costUsd(COST)
        .latencyMs(LATENCY_MS)
        .ttftMs(TTFT_MS)
        .streaming(true)
        .finishReason(FINISH_REASON)
        .deploymentEnvironment(ENVIRONMENT)
        .service(SERVICE)
        .tokensUsed(TOKENS_INPUT + TOKENS_OUTPUT)
        .tokensCacheRead(4_096)
        .tokensCacheWrite(0)
        .tokensReasoning(2)
        .endUser("u-7017")
        .message("asked")
        .responseModel("gpt-4o-mini-2024-07-18")
        .responseId("chatcmpl-AXyZ0123456789")
        .deploymentVersion("4.2.1")
        .priceVersion("2026-11")
        .traceId("4bf92f3577b34da6a3ce929d0e0e4736")
        .spanId("00f067aa0ba902b7")
        .sessionId("s-1")
        .build();
  }

  /** An event whose queue message has about that many bytes; at least those of the sample. */
  static LlmEvent ofBytes(int bytes) {
    // The key and the quotes of the text that fills it.
    int rest = bytes - bytes(event()) - ",\"message\":\"\"".length();
    return event().toBuilder().message("x".repeat(Math.max(1, rest))).build();
  }

  /** The length of the queue message, in bytes. */
  static int bytes(LlmEvent event) {
    return new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10).encode(event).length;
  }
}
