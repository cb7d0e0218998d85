package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Some calls, the newest first. Immutable.
 *
 * @param next where the next page begins, or null where this is the last
 * @param origin where it was read
 */
public record CallPage(List<Call> calls, @Nullable Cursor next, Origin origin) {
  public CallPage {
    calls = List.copyOf(calls);
  }

  /**
   * The last call of a page: the next page begins behind it, whatever was written meanwhile.
   *
   * @param createdAt to the microsecond
   */
  public record Cursor(Instant createdAt, UUID eventId) {
    /** The same as a text, for a URL: the microseconds since 1970, a dot, the id. */
    public String text() {
      return ChronoUnit.MICROS.between(Instant.EPOCH, createdAt) + "." + eventId;
    }

    /**
     * Reads what {@link #text} gave.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static Cursor parse(String text) {
      if (!text.matches("-?[0-9]{1,18}\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
        throw new IllegalArgumentException("no cursor");
      }
      int dot = text.indexOf('.');
      return new Cursor(
          Instant.EPOCH.plus(Long.parseLong(text.substring(0, dot)), ChronoUnit.MICROS),
          UUID.fromString(text.substring(dot + 1)));
    }
  }

  /**
   * A call as a list shows it; null is unknown.
   *
   * @param user {@code user_id}, or {@code end_user} where there is none
   * @param errorMessage its beginning
   */
  public record Call(
      UUID eventId,
      Instant createdAt,
      String action,
      @Nullable Long companyId,
      @Nullable String user,
      @Nullable String model,
      @Nullable String provider,
      @Nullable String environment,
      @Nullable String service,
      @Nullable Long tokensInput,
      @Nullable Long tokensOutput,
      @Nullable BigDecimal costUsd,
      @Nullable Long latencyMs,
      @Nullable String errorType,
      @Nullable String errorMessage,
      @Nullable String sessionId,
      @Nullable String traceId) {}
}
