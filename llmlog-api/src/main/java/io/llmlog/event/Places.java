package io.llmlog.event;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Where {@link LlmEvent} holds each column: first the labels, then the other objects, then the
 * numbers. A place is the number of the column's bit, and the index of an object; numbers are
 * counted from {@link #FIRST_NUMBER} on. Time and identity, two numbers each, come last, and these
 * have their {@link #halves}.
 *
 * <p>Constants, because the compiler of a JVM sees through them, and not through the fields of an
 * enum: a setter is a store.
 */
final class Places {
  /** The columns by their places. */
  private static final Column[] COLUMNS = columns();

  /** The places by the ordinals of their columns. */
  private static final int[] PLACES = new int[COLUMNS.length];

  static {
    for (int place = 0; place < COLUMNS.length; place++) {
      PLACES[COLUMNS[place].ordinal()] = place;
    }
  }

  static final int COUNT = COLUMNS.length;

  /** How many labels there are, before all others. */
  static final int LABELS = Column.LABELS.size();

  /** The first column that is held in numbers; none is before it, all others are. */
  static final int FIRST_NUMBER = firstOf(1);

  /** The first column that is held in two numbers; so are all behind it. */
  static final int FIRST_OF_TWO = firstOf(2);

  static final int SINGLE_NUMBERS = FIRST_OF_TWO - FIRST_NUMBER;

  /** What a column of two numbers has, of 64 bits each. */
  private static final int HALVES = 4;

  /** How many numbers of 32 bits there are. */
  static final int NUMBERS = SINGLE_NUMBERS + HALVES * (COUNT - FIRST_OF_TWO);

  static final int ACTION = of(Column.ACTION);
  static final int MODEL = of(Column.MODEL);
  static final int ERROR_TYPE = of(Column.ERROR_TYPE);
  static final int DEPLOYMENT_VERSION = of(Column.DEPLOYMENT_VERSION);
  static final int DEPLOYMENT_ENVIRONMENT = of(Column.DEPLOYMENT_ENVIRONMENT);
  static final int PROVIDER = of(Column.PROVIDER);
  static final int RESPONSE_MODEL = of(Column.RESPONSE_MODEL);
  static final int FINISH_REASON = of(Column.FINISH_REASON);
  static final int PRICE_VERSION = of(Column.PRICE_VERSION);
  static final int SERVICE = of(Column.SERVICE);

  static final int MESSAGE = of(Column.MESSAGE);
  static final int COST_USD = of(Column.COST_USD);
  static final int ERROR_MESSAGE = of(Column.ERROR_MESSAGE);
  static final int METADATA = of(Column.METADATA);
  static final int END_USER = of(Column.END_USER);
  static final int RESPONSE_ID = of(Column.RESPONSE_ID);
  static final int TRACE_ID = of(Column.TRACE_ID);
  static final int SPAN_ID = of(Column.SPAN_ID);
  static final int SESSION_ID = of(Column.SESSION_ID);
  static final int REQUEST = of(Column.REQUEST);
  static final int RESPONSE = of(Column.RESPONSE);

  static final int USER_ID = of(Column.USER_ID);
  static final int COMPANY_ID = of(Column.COMPANY_ID);
  static final int INTERVIEW_ID = of(Column.INTERVIEW_ID);
  static final int TOKENS_USED = of(Column.TOKENS_USED);
  static final int TOKENS_INPUT = of(Column.TOKENS_INPUT);
  static final int TOKENS_OUTPUT = of(Column.TOKENS_OUTPUT);
  static final int LATENCY_MS = of(Column.LATENCY_MS);
  static final int STREAMING = of(Column.STREAMING);
  static final int TOKENS_CACHE_READ = of(Column.TOKENS_CACHE_READ);
  static final int TOKENS_CACHE_WRITE = of(Column.TOKENS_CACHE_WRITE);
  static final int TOKENS_REASONING = of(Column.TOKENS_REASONING);
  static final int TTFT_MS = of(Column.TTFT_MS);

  static final int CREATED_AT = of(Column.CREATED_AT);
  static final int EVENT_ID = of(Column.EVENT_ID);

  private Places() {}

  static int of(Column column) {
    return PLACES[column.ordinal()];
  }

  static Column column(int place) {
    return COLUMNS[place];
  }

  /** The index of the upper half of the first number of a column that has two. */
  static int halves(int place) {
    return SINGLE_NUMBERS + HALVES * (place - FIRST_OF_TWO);
  }

  static long bit(int place) {
    return 1L << place;
  }

  /** The bits of all places from one up to, but without, another. */
  static long bits(int from, int to) {
    return (1L << to) - (1L << from);
  }

  private static Column[] columns() {
    Set<Column> columns = new LinkedHashSet<>(Column.LABELS);
    for (int numbers = 0; numbers <= 2; numbers++) {
      for (Column column : Column.values()) {
        if (column.numbers() == numbers) {
          columns.add(column);
        }
      }
    }
    return columns.toArray(new Column[0]);
  }

  private static int firstOf(int numbers) {
    int place = 0;
    while (COLUMNS[place].numbers() < numbers) {
      place++;
    }
    return place;
  }
}
