package io.llmlog.event;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an event may carry: one constant per key of the queue message, which is also the column of
 * {@code llm_logs} of that name ({@link #REQUEST} and {@link #RESPONSE} go to {@code
 * llm_log_contents}).
 *
 * <p>Encoder, decoder, table writer and the tests of the schema all walk this list, so that a
 * column is added in one place. The order is that of the table.
 */
public enum Column {
  CREATED_AT(Type.TIME),
  ACTION(Type.TEXT, 100),
  MESSAGE(Type.TEXT),
  USER_ID(Type.INTEGER),
  COMPANY_ID(Type.INTEGER),
  INTERVIEW_ID(Type.INTEGER),
  MODEL(Type.TEXT, 200),
  TOKENS_USED(Type.INTEGER),
  TOKENS_INPUT(Type.INTEGER),
  TOKENS_OUTPUT(Type.INTEGER),
  COST_USD(Type.DECIMAL),
  LATENCY_MS(Type.INTEGER),
  STREAMING(Type.BOOLEAN),
  ERROR_TYPE(Type.TEXT, 100),
  ERROR_MESSAGE(Type.TEXT),
  METADATA(Type.JSON),
  DEPLOYMENT_VERSION(Type.TEXT, 200),
  DEPLOYMENT_ENVIRONMENT(Type.TEXT, 200),
  EVENT_ID(Type.UUID),
  END_USER(Type.TEXT, 200),
  PROVIDER(Type.TEXT, 200),
  RESPONSE_MODEL(Type.TEXT, 200),
  RESPONSE_ID(Type.TEXT, 200),
  TOKENS_CACHE_READ(Type.INTEGER),
  TOKENS_CACHE_WRITE(Type.INTEGER),
  TOKENS_REASONING(Type.INTEGER),
  TTFT_MS(Type.INTEGER),
  FINISH_REASON(Type.TEXT, 200),
  PRICE_VERSION(Type.TEXT, 200),
  TRACE_ID(Type.TEXT, 200),
  SPAN_ID(Type.TEXT, 200),
  SESSION_ID(Type.TEXT, 200),
  SERVICE(Type.TEXT, 200),
  REQUEST(Type.JSON),
  RESPONSE(Type.JSON);

  /** The kinds of value, each with its one Java type. */
  public enum Type {
    /** {@link java.time.Instant}, to the microsecond, UTC years 0001 to 9999. */
    TIME,
    /** {@link String}. */
    TEXT,
    /** {@code long}: an id, a count of tokens, or milliseconds. */
    INTEGER,
    /** {@link java.math.BigDecimal}: {@code NUMERIC(18,12)}. */
    DECIMAL,
    /** {@code boolean}. */
    BOOLEAN,
    /** {@link java.util.UUID}. */
    UUID,
    /** Any JSON; {@link #METADATA} is an object. */
    JSON
  }

  private static final Map<String, Column> BY_KEY = new HashMap<>();

  /** The columns of few values: a service says the same few again and again. */
  static final Set<Column> LABELS =
      Collections.unmodifiableSet(
          EnumSet.of(
              ACTION,
              MODEL,
              ERROR_TYPE,
              DEPLOYMENT_VERSION,
              DEPLOYMENT_ENVIRONMENT,
              PROVIDER,
              RESPONSE_MODEL,
              FINISH_REASON,
              PRICE_VERSION,
              SERVICE));

  static {
    for (Column column : values()) {
      BY_KEY.put(column.key, column);
    }
  }

  private final String key = name().toLowerCase(Locale.ROOT);
  private final Type type;
  private final int maxCodePoints;

  Column(Type type) {
    this(type, 0);
  }

  Column(Type type, int maxCodePoints) {
    this.type = type;
    this.maxCodePoints = maxCodePoints;
  }

  /** The key in the queue message and the name of the column: {@code tokens_input}. */
  public String key() {
    return key;
  }

  public Type type() {
    return type;
  }

  /** The width of a text column in Unicode code points; 0 where it has no limit. */
  public int maxCodePoints() {
    return maxCodePoints;
  }

  /** Whether the value stands in {@code llm_logs}; the others are the content of a call. */
  public boolean inRow() {
    return this != REQUEST && this != RESPONSE;
  }

  /** How many numbers {@link LlmEvent} holds the value in; 0 where it is an object. */
  int numbers() {
    return switch (type) {
      case INTEGER, BOOLEAN -> 1;
      case TIME, UUID -> 2;
      default -> 0;
    };
  }

  /** The column of this key, or null where the message format knows none. Case matters. */
  public static @Nullable Column of(String key) {
    return BY_KEY.get(key);
  }
}
