package io.llmlog.benchmarks;

import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;

/** The event that every subject logs: what a service usually knows, about 400 bytes of JSON. */
final class SampleCall {
  private static final BigDecimal COST = new BigDecimal("0.0007272");

  private SampleCall() {}

  static LlmEvent event() {
    return LlmEvent.builder("interview.question")
        .userId(7017)
        .companyId(7)
        .interviewId(7105)
        .provider("openai")
        .model("gpt-4o-mini")
        .tokensInput(4808)
        .tokensOutput(10)
        .costUsd(COST)
        .latencyMs(531)
        .ttftMs(402)
        .streaming(true)
        .finishReason("stop")
        .deploymentEnvironment("production")
        .service("interviews")
        .build();
  }

  /** The length of the queue message of such an event, in bytes. */
  static int bytes() {
    return new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10).encode(event()).length;
  }
}
