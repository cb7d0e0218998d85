package io.llmlog.benchmarks.caller;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.llmlog.event.UuidV7;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The {@link SampleCall} as a service would write it that has Jackson, and no library for this. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CallColumns(
    @Nullable String createdAt,
    String action,
    long userId,
    long companyId,
    long interviewId,
    String model,
    long tokensInput,
    long tokensOutput,
    BigDecimal costUsd,
    long latencyMs,
    boolean streaming,
    String deploymentEnvironment,
    UUID eventId,
    String provider,
    long ttftMs,
    String finishReason,
    String service) {
  private static final ObjectMapper JACKSON = new ObjectMapper();

  /** Without a time: the logging framework adds its own. */
  static CallColumns ofFramework() {
    return at(null);
  }

  /** One JSON object, with the identity and the time that an event needs to be stored once. */
  static String json() {
    try {
      return JACKSON.writeValueAsString(at(Instant.now().toString()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CallColumns at(@Nullable String createdAt) {
    return new CallColumns(
        createdAt,
        SampleCall.ACTION,
        SampleCall.USER_ID,
        SampleCall.COMPANY_ID,
        SampleCall.INTERVIEW_ID,
        SampleCall.MODEL,
        SampleCall.TOKENS_INPUT,
        SampleCall.TOKENS_OUTPUT,
        SampleCall.COST,
        SampleCall.LATENCY_MS,
        true,
        SampleCall.ENVIRONMENT,
        UuidV7.next(),
        SampleCall.PROVIDER,
        SampleCall.TTFT_MS,
        SampleCall.FINISH_REASON,
        SampleCall.SERVICE);
  }
}
