package io.llmlog.event;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The text of numbers, both ways, in bounded time and memory: no number is ever expanded to the
 * digits that a large exponent stands for.
 */
final class NumberText {
  /** Longer texts are never parsed: parsing takes quadratic time, and they fit no column. */
  static final int MAX_PARSED = 1_000;

  /** PostgreSQL's numeric, and so jsonb, holds that many digits before and after the point. */
  private static final int MAX_DIGITS_BEFORE = 131_072;

  private static final int MAX_DIGITS_AFTER = 16_383;

  /** Beyond that many digits a number with an exponent keeps it. */
  private static final int MAX_PLAIN = 20;

  private static final int MAX_COST_DIGITS = 40;
  private static final int MAX_BITS = 1 << 20;

  private NumberText() {}

  /**
   * The number of a text of digits, point and exponent; null if it is none or longer than {@link
   * #MAX_PARSED}.
   */
  static @Nullable BigDecimal parse(String text) {
    String trimmed = text.strip();
    if (trimmed.isEmpty() || trimmed.length() > MAX_PARSED) {
      return null;
    }
    for (int i = 0; i < trimmed.length(); i++) {
      // BigDecimal takes the digits of every script.
      if ("0123456789+-.eE".indexOf(trimmed.charAt(i)) < 0) {
        return null;
      }
    }
    try {
      return new BigDecimal(trimmed);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Whether the text says that there is no number, in the words of JSON writers and of Python. */
  static boolean isNonFinite(String text) {
    if (text.length() > "-Infinity".length()) {
      return false;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity" -> true;
      default -> false;
    };
  }

  /**
   * The value of a JSON number inside free JSON: Long, BigInteger or BigDecimal, exactly; its text
   * where PostgreSQL's jsonb cannot hold it.
   */
  static Object jsonValue(String text) {
    BigDecimal number = parse(text);
    return number == null || !fitsJsonb(number) ? text : canonical(number);
  }

  /** One Java value for one number as it is written, so that reading what was written is stable. */
  static Number canonical(BigDecimal number) {
    if (number.scale() > 0 || (number.scale() < 0 && !isPlain(number))) {
      return number;
    }
    if (digitsBefore(number) <= 18) {
      return number.longValueExact();
    }
    BigInteger integer = number.toBigIntegerExact();
    return integer.bitLength() < 64 ? (Number) integer.longValueExact() : integer;
  }

  private static boolean fitsJsonb(BigDecimal number) {
    return digitsBefore(number) <= MAX_DIGITS_BEFORE
        && number.scale() <= MAX_DIGITS_AFTER
        && (number.precision() < MAX_PARSED - 50 || of(number).length() <= MAX_PARSED);
  }

  /** The digits before the point; zero or less where there are none. */
  static long digitsBefore(BigDecimal number) {
    return number.signum() == 0 ? 0 : (long) number.precision() - number.scale();
  }

  private static boolean isPlain(BigDecimal number) {
    long digits = Math.max(digitsBefore(number), number.scale());
    return digits <= Math.max(MAX_PLAIN, number.precision());
  }

  /** The number as JSON: plain decimals, but for those that would be mostly zeros. */
  static String of(BigDecimal number) {
    return isPlain(number) ? number.toPlainString() : number.toString();
  }

  /** A cost as JSON, rounded where it has far more digits than the column, so that it is short. */
  static String ofCost(BigDecimal cost) {
    if (cost.precision() <= MAX_COST_DIGITS) {
      return of(cost);
    }
    BigDecimal rounded = ColumnValues.cost(cost);
    return of(rounded != null ? rounded : cost.round(new MathContext(MAX_COST_DIGITS)));
  }

  /** Any number as JSON, or null if JSON knows no such number or it is unreasonably long. */
  static @Nullable String of(Number number) {
    if (number instanceof BigDecimal decimal) {
      return decimal.unscaledValue().bitLength() <= MAX_BITS ? of(decimal) : null;
    }
    if (number instanceof BigInteger integer) {
      return integer.bitLength() <= MAX_BITS ? integer.toString() : null;
    }
    String text = number.toString();
    BigDecimal decimal = parse(text);
    if (decimal == null) {
      return null;
    }
    // Double says 1.0E-4, which is no more exact than 1E-4.
    return of(text.indexOf('E') < 0 ? decimal : decimal.stripTrailingZeros());
  }
}
