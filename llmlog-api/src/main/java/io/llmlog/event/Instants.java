package io.llmlog.event;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * Reads times in ISO-8601, whatever form other languages write, and nothing else.
 *
 * <p>Extended and basic format, {@code T} or a space, seconds or none, point or comma, {@code Z},
 * {@code ±HH}, {@code ±HHMM} or {@code ±HH:MM}; UTC where there is no offset; a date alone is its
 * midnight. 24:00 is the next midnight and second 60 the next minute, as in PostgreSQL.
 */
final class Instants {
  private static final long MIN_SECOND = LocalDate.of(1, 1, 1).toEpochDay() * 86_400;
  private static final long END_SECOND = LocalDate.of(10_000, 1, 1).toEpochDay() * 86_400;

  private final String text;
  private int at;
  private boolean hasSeconds;
  private boolean endOfDay;
  private boolean failed;

  private Instants(String text) {
    this.text = text;
  }

  /** Whether the time lies in the years 0001 to 9999 of UTC. */
  static boolean isInRange(long epochSecond) {
    return epochSecond >= MIN_SECOND && epochSecond < END_SECOND;
  }

  /** The time cut to microseconds, or null if the text is none, or out of range. */
  static @Nullable Instant parse(String text) {
    return new Instants(text).parse();
  }

  private @Nullable Instant parse() {
    int year = digits(4);
    boolean extended = skip('-');
    int month = digits(2);
    if (extended && !skip('-')) {
      return null;
    }
    int day = digits(2);
    long second = 0;
    long micros = 0;
    if (!failed && at < text.length()) {
      if (!skip('T') && !skip('t') && !skip(' ')) {
        return null;
      }
      second = timeOfDay();
      micros = micros();
      failed |= endOfDay && micros != 0;
      second -= offset();
    }
    if (failed || at != text.length()) {
      return null;
    }
    try {
      second += LocalDate.of(year, month, day).toEpochDay() * 86_400;
    } catch (DateTimeException e) {
      return null;
    }
    return isInRange(second) ? Instant.ofEpochSecond(second, micros * 1_000) : null;
  }

  private long timeOfDay() {
    int hour = digits(2);
    int minute = 0;
    int second = 0;
    boolean extended = skip(':');
    if (extended || isDigit()) {
      minute = digits(2);
      if (extended ? skip(':') : isDigit()) {
        second = digits(2);
        hasSeconds = true;
      }
    }
    endOfDay = hour == 24 && minute == 0 && second == 0;
    failed |= (hour > 23 && !endOfDay) || minute > 59 || second > 60;
    return hour * 3_600L + minute * 60L + second;
  }

  private long micros() {
    if (!hasSeconds || (!skip('.') && !skip(','))) {
      return 0;
    }
    failed |= !isDigit();
    long micros = 0;
    int count = 0;
    for (; isDigit(); at++, count++) {
      if (count < 6) {
        micros = micros * 10 + (text.charAt(at) - '0');
      }
    }
    for (; count < 6; count++) {
      micros *= 10;
    }
    return micros;
  }

  private long offset() {
    if (at == text.length() || skip('Z') || skip('z')) {
      return 0;
    }
    boolean west = skip('-');
    if (!west && !skip('+')) {
      failed = true;
      return 0;
    }
    int hours = digits(2);
    int minutes = skip(':') || isDigit() ? digits(2) : 0;
    failed |= hours > 23 || minutes > 59;
    long seconds = hours * 3_600L + minutes * 60L;
    return west ? -seconds : seconds;
  }

  private int digits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      if (!isDigit()) {
        failed = true;
        return 0;
      }
      value = value * 10 + (text.charAt(at++) - '0');
    }
    return value;
  }

  private boolean isDigit() {
    return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }

  private boolean skip(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }
}
