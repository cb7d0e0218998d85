package io.llmlog.event;

import io.llmlog.event.JsonReader.RawNumber;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which value of a column a JSON value stands for, read generously.
 *
 * <p>JSON values are those of {@link JsonReader}, but numbers are {@link RawNumber}.
 */
final class ColumnValues {
  /** The answer for a value that does not fit its column. */
  static final Object UNFIT = new Object();

  private static final int COST_DECIMALS = 12;
  private static final BigDecimal COST_BOUND = BigDecimal.TEN.pow(6);

  private ColumnValues() {}

  /** The value in the Java type of the column, texts in full length; null for none. */
  static @Nullable Object of(Column column, Object json) {
    return switch (column.type()) {
      case TEXT -> text(json);
      case INTEGER -> integer(json);
      case DECIMAL -> decimal(json);
      case BOOLEAN -> bool(json);
      case TIME -> orUnfit(json instanceof String text ? Instants.parse(text) : null);
      case UUID -> orUnfit(json instanceof String text ? uuid(text) : null);
      case JSON -> json instanceof RawNumber number ? number.value() : json;
    };
  }

  private static Object orUnfit(@Nullable Object value) {
    return value == null ? UNFIT : value;
  }

  private static Object text(Object json) {
    return json instanceof String
        ? json
        : json instanceof RawNumber || json instanceof Boolean ? json.toString() : UNFIT;
  }

  private static @Nullable Object integer(Object json) {
    if (json instanceof RawNumber raw && raw.text() == null) {
      return raw.integer();
    }
    if (json instanceof String text && NumberText.isNonFinite(text)) {
      return null;
    }
    return orUnfit(integer(number(json)));
  }

  private static @Nullable Long integer(@Nullable BigDecimal number) {
    if (number == null || NumberText.digitsBefore(number) > 19) {
      return null;
    }
    try {
      return number.longValueExact();
    } catch (ArithmeticException e) {
      return null;
    }
  }

  private static @Nullable Object decimal(Object json) {
    if (json instanceof String text && NumberText.isNonFinite(text)) {
      return null;
    }
    BigDecimal number = number(json);
    return orUnfit(number == null ? null : cost(number));
  }

  /** The number as {@code NUMERIC(18,12)} holds it, rounded half even, or null if it does not. */
  static @Nullable BigDecimal cost(BigDecimal number) {
    long digitsBefore = NumberText.digitsBefore(number);
    if (digitsBefore > 7) {
      return null;
    }
    if (number.signum() == 0 || digitsBefore < -COST_DECIMALS) {
      // Too small for half of the last decimal; the exponent may be anything.
      return number.scale() > 0 && number.scale() <= COST_DECIMALS ? number : BigDecimal.ZERO;
    }
    BigDecimal cost =
        number.scale() > COST_DECIMALS
            ? number.setScale(COST_DECIMALS, RoundingMode.HALF_EVEN)
            : number.scale() < 0 ? number.setScale(0) : number;
    return cost.abs().compareTo(COST_BOUND) < 0 ? cost : null;
  }

  private static Object bool(Object json) {
    if (json instanceof Boolean) {
      return json;
    }
    if (json instanceof String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "1" -> true;
        case "false", "0" -> false;
        default -> UNFIT;
      };
    }
    Long number = integer(number(json));
    return number != null && (number == 0 || number == 1) ? (Object) (number == 1) : UNFIT;
  }

  private static @Nullable BigDecimal number(Object json) {
    return json instanceof RawNumber || json instanceof String
        ? NumberText.parse(json.toString())
        : null;
  }

  /** Of 32 hexadecimal digits, with the four hyphens or without any. */
  private static @Nullable UUID uuid(String text) {
    boolean hyphens = text.length() == 36;
    if (!hyphens && text.length() != 32) {
      return null;
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (hyphens && (i == 8 || i == 13 || i == 18 || i == 23)) {
        if (c != '-') {
          return null;
        }
        continue;
      }
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return null;
      }
      high = high << 4 | low >>> 60;
      low = low << 4 | digit;
    }
    return new UUID(high, low);
  }
}
