package io.llmlog.event;

import java.math.BigDecimal;

/**
 * Values of bounded length as JSON, written to a place that has room for {@link #MAX_BYTES}. Each
 * answers where it ends; the bytes behind that have no meaning.
 */
final class Scalars {
  /** The most that any of them writes: an id with its quotes, in steps of eight. */
  static final int MAX_BYTES = 40;

  /** The answer for a value that has no such short form; nothing was written. */
  static final int NONE = -1;

  private static final long TRUE = Digits.of("true");
  private static final long FALSE = Digits.of("false");

  /** The digits that every long has room for. */
  private static final int MAX_LONG_DIGITS = 18;

  /** Those that the column of costs keeps after the point. */
  private static final int MAX_SCALE = 12;

  /** The first number that has more digits than two times eight. */
  private static final long TWICE_EIGHT = (long) Digits.END * Digits.END;

  /** The powers of ten, from the first to that of {@link #MAX_SCALE}. */
  private static final long[] POWERS = powers();

  /**
   * The second written last: of many events within one only the microseconds differ. Any thread may
   * replace it at any time; what it holds never changes.
   */
  private static Second last = new Second(0);

  private Scalars() {}

  static int bool(byte[] to, int at, boolean value) {
    Digits.put(to, at, value ? TRUE : FALSE);
    return at + (value ? 4 : 5);
  }

  static int integer(byte[] to, int at, long value) {
    if (value >= 0 && value < Digits.END) {
      return Digits.putShort(to, at, (int) value);
    }
    return longInteger(to, at, value);
  }

  private static int longInteger(byte[] to, int at, long value) {
    if (value < 0 || value >= TWICE_EIGHT) {
      String text = Long.toString(value);
      for (int i = 0; i < text.length(); i++) {
        to[at + i] = (byte) text.charAt(i);
      }
      return at + text.length();
    }
    int high = (int) (value / Digits.END);
    int middle = Digits.putShort(to, at, high);
    Digits.put(to, middle, Digits.decimal((int) (value - (long) high * Digits.END)));
    return middle + Long.BYTES;
  }

  /**
   * As {@link NumberText#ofCost}, without a text in between, where it is as short as costs are;
   * else {@link #NONE}.
   */
  static int cost(byte[] to, int at, BigDecimal cost) {
    int scale = cost.scale();
    if (scale < 0 || scale > MAX_SCALE || cost.precision() > MAX_LONG_DIGITS) {
      return NONE;
    }
    // The unscaled value, for which unscaledValue() would make a BigInteger.
    long unscaled = cost.scaleByPowerOfTen(scale).longValue();
    int end = at;
    if (unscaled < 0) {
      to[end++] = '-';
      unscaled = -unscaled;
    }
    if (scale == 0) {
      return integer(to, end, unscaled);
    }
    long rest = unscaled;
    if (unscaled < POWERS[scale]) {
      // Less than a dollar, as nearly all calls: nothing to divide.
      to[end++] = '0';
    } else {
      long whole = unscaled / POWERS[scale];
      rest -= whole * POWERS[scale];
      end = integer(to, end, whole);
    }
    to[end++] = '.';
    int digits = scale;
    if (digits > Long.BYTES) {
      int high = (int) (rest / Digits.END);
      end = lastDigits(to, end, high, digits - Long.BYTES);
      rest -= (long) high * Digits.END;
      digits = Long.BYTES;
    }
    return lastDigits(to, end, (int) rest, digits);
  }

  /** The number with zeros in front, up to that many digits, which it does not exceed. */
  private static int lastDigits(byte[] to, int at, int number, int digits) {
    Digits.put(to, at, Digits.decimal(number) >>> ((Long.BYTES - digits) * Byte.SIZE));
    return at + digits;
  }

  /** An id of these two halves. */
  static int uuid(byte[] to, int at, long high, long low) {
    long second = Digits.hex((int) high);
    long third = Digits.hex((int) (low >>> 32));
    // From the first to the last: each covers what the one before wrote too far.
    to[at] = '"';
    Digits.put(to, at + 1, Digits.hex((int) (high >>> 32)));
    to[at + 9] = '-';
    Digits.put(to, at + 10, second);
    to[at + 14] = '-';
    Digits.put(to, at + 15, second >>> 32);
    to[at + 19] = '-';
    Digits.put(to, at + 20, third);
    to[at + 24] = '-';
    Digits.put(to, at + 25, third >>> 32);
    Digits.put(to, at + 29, Digits.hex((int) low));
    to[at + 37] = '"';
    return at + 38;
  }

  /**
   * A time as {@code "2023-11-16T18:17:03.979960Z"}; {@link #NONE} where its year has not four
   * digits.
   *
   * @param micros those of the second
   */
  static int instant(byte[] to, int at, long epochSecond, int micros) {
    Second second = last;
    if (second.epoch != epochSecond) {
      if (!Instants.isInRange(epochSecond)) {
        return NONE;
      }
      second = new Second(epochSecond);
      last = second;
    }
    Digits.put(to, at, second.date);
    Digits.put(to, at + 8, second.dayAndHour);
    Digits.put(to, at + 16, second.minuteAndSecond);
    Digits.put(to, at + 21, Digits.decimal(micros) >>> 16);
    to[at + 27] = 'Z';
    to[at + 28] = '"';
    return at + 29;
  }

  /** The characters of a time down to its point, eight by eight. */
  private static final class Second {
    private final long epoch;
    private final long date;
    private final long dayAndHour;
    private final long minuteAndSecond;

    Second(long epoch) {
      this.epoch = epoch;
      long days = Math.floorDiv(epoch, 86_400L);
      int secondOfDay = (int) (epoch - days * 86_400L);
      // Days to year, month and day: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
      // civil_from_days; years start in March there.
      int shifted = (int) days + 719_468;
      int era = Math.floorDiv(shifted, 146_097);
      int dayOfEra = shifted - era * 146_097;
      int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
      int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
      int month = (5 * dayOfYear + 2) / 153;
      int day = dayOfYear - (153 * month + 2) / 5 + 1;
      int year = yearOfEra + era * 400 + (month < 10 ? 0 : 1);

      byte[] text = new byte[3 * Long.BYTES];
      text[0] = '"';
      twoDigits(text, 1, year / 100);
      twoDigits(text, 3, year % 100);
      text[5] = '-';
      twoDigits(text, 6, month < 10 ? month + 3 : month - 9);
      text[8] = '-';
      twoDigits(text, 9, day);
      text[11] = 'T';
      twoDigits(text, 12, secondOfDay / 3_600);
      text[14] = ':';
      twoDigits(text, 15, secondOfDay / 60 % 60);
      text[17] = ':';
      twoDigits(text, 18, secondOfDay % 60);
      text[20] = '.';
      this.date = Digits.of(text, 0);
      this.dayAndHour = Digits.of(text, Long.BYTES);
      this.minuteAndSecond = Digits.of(text, 2 * Long.BYTES);
    }

    private static void twoDigits(byte[] to, int at, int value) {
      to[at] = (byte) ('0' + value / 10);
      to[at + 1] = (byte) ('0' + value % 10);
    }
  }

  private static long[] powers() {
    long[] powers = new long[MAX_SCALE + 1];
    powers[0] = 1;
    for (int i = 1; i < powers.length; i++) {
      powers[i] = powers[i - 1] * 10;
    }
    return powers;
  }
}
