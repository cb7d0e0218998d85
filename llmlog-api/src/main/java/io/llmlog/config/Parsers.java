package io.llmlog.config;

import io.llmlog.spool.SyncPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAmount;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of values. Each answers null, or throws, for what is not of its form. */
final class Parsers {
  private static final Pattern BYTES = Pattern.compile("([0-9]{1,18}) ?(?:([KMG])iB)?");
  private static final Pattern SHORT_DURATION = Pattern.compile("([0-9]{1,15}) ?(ms|s|m|h)");
  private static final Pattern SCHEMA = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{16,1000}");
  private static final Pattern QUEUE = Pattern.compile("[^{}]+|[^{}]*\\{[^{}]+}[^{}]*");
  private static final Set<String> BOOLEANS = Set.of("true", "false");

  private Parsers() {}

  static @Nullable Boolean bool(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return BOOLEANS.contains(lower) ? Boolean.valueOf(lower) : null;
  }

  static @Nullable Integer integer(String text, int min, int max) {
    int value = Integer.parseInt(text);
    return value >= min && value <= max ? value : null;
  }

  static @Nullable Long number(String text, long min, long max) {
    long value = Long.parseLong(text);
    return value >= min && value <= max ? value : null;
  }

  /** {@code 67108864}, {@code 64MiB}, {@code 64 MiB}. */
  static @Nullable Long bytes(String text, long min, long max) {
    Matcher matcher = BYTES.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    String unit = matcher.group(2);
    int shift = unit == null ? 0 : unit.equals("K") ? 10 : unit.equals("M") ? 20 : 30;
    long value = Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
    return value >= min && value <= max ? value : null;
  }

  /** {@code PT30S} or {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}. */
  static @Nullable Duration duration(String text, Duration min, Duration max) {
    Duration value = duration(text);
    return value.compareTo(min) >= 0 && value.compareTo(max) <= 0 ? value : null;
  }

  private static Duration duration(String text) {
    Matcher matcher = SHORT_DURATION.matcher(text);
    if (!matcher.matches()) {
      return Duration.parse(text);
    }
    long value = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(value);
      case "s" -> Duration.ofSeconds(value);
      case "m" -> Duration.ofMinutes(value);
      default -> Duration.ofHours(value);
    };
  }

  /** {@code P13M}, {@code P30D}, {@code PT72H}: at least two days, since a day is taken off. */
  static @Nullable TemporalAmount retention(String text) {
    TemporalAmount value =
        text.toUpperCase(Locale.ROOT).contains("T") ? Duration.parse(text) : Period.parse(text);
    // Months have no length of their own; any start shows whether it is more than two days.
    Instant epoch = Instant.EPOCH;
    Instant end = epoch.atOffset(ZoneOffset.UTC).plus(value).toInstant();
    return Duration.between(epoch, end).compareTo(Duration.ofDays(2)) >= 0 ? value : null;
  }

  static @Nullable String oneOf(String text, String... allowed) {
    return Set.of(allowed).contains(text) ? text : null;
  }

  static @Nullable String schema(String text) {
    return SCHEMA.matcher(text).matches() && !text.startsWith("pg_") ? text : null;
  }

  static @Nullable String queue(String text) {
    return QUEUE.matcher(text).matches() ? text : null;
  }

  static @Nullable String token(String text) {
    return TOKEN.matcher(text).matches() ? text : null;
  }

  static @Nullable String url(String text) {
    return text.indexOf(':') > 0 ? text : null;
  }

  /** {@code refuse} as zero, {@code block:<duration>} as that duration. */
  static @Nullable Duration overflow(String text) {
    if (text.equals("refuse")) {
      return Duration.ZERO;
    }
    return text.startsWith("block:")
        ? duration(text.substring("block:".length()), Duration.ofMillis(1), Duration.ofHours(1))
        : null;
  }

  /** {@code always}, {@code never} or a duration. */
  static @Nullable SyncPolicy sync(String text) {
    return switch (text) {
      case "always" -> SyncPolicy.always();
      case "never" -> SyncPolicy.never();
      default -> SyncPolicy.every(duration(text));
    };
  }

  /** The constant of an enum whose name this is in lower case. */
  @SafeVarargs
  static <E extends Enum<E>> @Nullable E constant(String text, E... constants) {
    for (E constant : constants) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
        return constant;
      }
    }
    return null;
  }

  /** {@code host:port}, {@code [::1]:port} or {@code off}. */
  static @Nullable String address(String text) {
    if (text.equals("off")) {
      return text;
    }
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || (text.indexOf(':') != colon && !text.startsWith("["))) {
      return null;
    }
    return integer(text.substring(colon + 1), 0, 65535) == null ? null : text;
  }
}
