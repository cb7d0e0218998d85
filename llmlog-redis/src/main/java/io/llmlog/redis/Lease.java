package io.llmlog.redis;

import io.llmlog.spi.Pause;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The value of a field of the leases hash: {@code <token> <expiry> <length> <pause>}.
 *
 * @param expiryMillis when it ends, by the server's clock; 0 where it was given back
 * @param lengthMillis how long it is extended each time
 * @param pause whether the worker waits for a person, and for what
 */
record Lease(String token, long expiryMillis, long lengthMillis, Pause pause) {
  private static final Pattern FORM = Pattern.compile("(\\S+) (\\d{1,18}) (\\d{1,18}) ([0-3])");

  /** Reads a value; null if it is none that this version knows. */
  static @Nullable Lease parse(String value) {
    Matcher parts = FORM.matcher(value);
    if (!parts.matches()) {
      return null;
    }
    return new Lease(
        parts.group(1),
        Long.parseLong(parts.group(2)),
        Long.parseLong(parts.group(3)),
        pause(parts.group(4)));
  }

  private static Pause pause(String digit) {
    return switch (digit) {
      case "1" -> Pause.MEND;
      case "2" -> Pause.REFUSED;
      case "3" -> Pause.ACCEPTED;
      default -> Pause.NONE;
    };
  }

  /** The digit of a pause; renew.lua alone says that one is accepted. */
  static String digit(Pause pause) {
    return switch (pause) {
      case NONE, ACCEPTED -> "0";
      case MEND -> "1";
      case REFUSED -> "2";
    };
  }

  /**
   * Whether the worker is presumed dead. More than two lengths ahead means that the server's clock
   * was set back and nobody refreshed the lease since; adopt.lua decides by the same rule.
   */
  boolean expired(long nowMillis) {
    return expiryMillis <= nowMillis || expiryMillis > nowMillis + 2 * lengthMillis;
  }
}
