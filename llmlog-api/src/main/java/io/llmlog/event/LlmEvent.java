package io.llmlog.event;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One LLM call: who, which model, how many tokens, what it cost, how long it took, what went wrong.
 *
 * <p>Immutable and safe to share, but for what the caller changes later inside the values of {@link
 * Builder#metadata(Map)}, {@link Builder#request(Object)} and {@link Builder#response(Object)}:
 * those are read when the event is logged. An event has its identity and its time from {@link
 * Builder#build()} on; logging the same event twice makes one row.
 */
public final class LlmEvent {
  /** What stands in {@code action} where a producer named none. */
  public static final String UNKNOWN_ACTION = "unknown";

  private static final Column[] COLUMNS = Column.values();

  private static final long IDENTITY_AND_TIME =
      Places.bit(Places.EVENT_ID) | Places.bit(Places.CREATED_AT);

  private static final int NANOS_PER_MICRO = 1_000;
  private static final long MICROS_PER_SECOND = 1_000_000;

  /**
   * The columns of type INTEGER and BOOLEAN, one each, and the halves of two numbers for TIME
   * (seconds since 1970, microseconds of the second) and UUID. Valid where {@link #present} has
   * their bit.
   */
  private final int[] numbers;

  /** In place of their numbers above, INTEGER and BOOLEAN where one of them needs 64 bits. */
  private final long @Nullable [] wide;

  /** The columns of any other type; null where absent. */
  private final @Nullable Object[] values;

  /** A bit per column, at its {@link Places place}. */
  private final long present;

  private LlmEvent(int[] numbers, long @Nullable [] wide, @Nullable Object[] values, long present) {
    this.numbers = numbers;
    this.wide = wide;
    this.values = values;
    this.present = present;
  }

  /**
   * Starts an event.
   *
   * @param action what the service was doing, such as {@code interview.question}; null or empty is
   *     stored as {@value #UNKNOWN_ACTION}
   */
  public static Builder builder(@Nullable String action) {
    return new Builder().action(action);
  }

  /** A builder with all that this event has, identity and time included. */
  public Builder toBuilder() {
    return new Builder(numbers.clone(), copy(wide), values.clone(), present);
  }

  /** Whether the column has a value. */
  public boolean has(Column column) {
    return (present & Places.bit(Places.of(column))) != 0;
  }

  /**
   * The value of an INTEGER column; 0 where it is absent.
   *
   * @throws IllegalArgumentException if the column is of another type
   */
  public long integer(Column column) {
    requireType(column, column.type() == Column.Type.INTEGER);
    return number(Places.of(column));
  }

  /**
   * The value of any column in the Java type that {@link Column.Type} names ({@link Long} and
   * {@link Boolean} boxed), or null where it is absent.
   */
  public @Nullable Object value(Column column) {
    if (!has(column)) {
      return null;
    }
    return switch (column.type()) {
      case INTEGER -> number(Places.of(column));
      case BOOLEAN -> number(Places.of(column)) != 0;
      case TIME -> createdAt();
      case UUID -> eventId();
      default -> values[Places.of(column)];
    };
  }

  /** The value of a TEXT column, or null where it is absent. */
  public @Nullable String text(Column column) {
    requireType(column, column.type() == Column.Type.TEXT);
    return (String) values[Places.of(column)];
  }

  /** The event's identity: the same on every path and retry. */
  public UUID eventId() {
    return new UUID(firstNumber(Places.EVENT_ID), secondNumber(Places.EVENT_ID));
  }

  /** The start of the call, to the microsecond. */
  public Instant createdAt() {
    return Instant.ofEpochSecond(
        firstNumber(Places.CREATED_AT), secondNumber(Places.CREATED_AT) * NANOS_PER_MICRO);
  }

  /** What the service was doing; {@value #UNKNOWN_ACTION} where it did not say. */
  public String action() {
    String action = text(Column.ACTION);
    return action == null ? UNKNOWN_ACTION : action;
  }

  public @Nullable String model() {
    return text(Column.MODEL);
  }

  /** The cost in US dollars, or null where it is unknown: never 0 for unknown. */
  public @Nullable BigDecimal costUsd() {
    return (BigDecimal) values[Places.COST_USD];
  }

  /** Whether the answer was streamed; false unless said. */
  public boolean streaming() {
    return number(Places.STREAMING) != 0;
  }

  /** Free facts about the call, unmodifiable; empty where there are none. Values may be null. */
  @SuppressWarnings("unchecked")
  public Map<String, @Nullable Object> metadata() {
    Object metadata = values[Places.METADATA];
    return metadata == null ? Map.of() : (Map<String, @Nullable Object>) metadata;
  }

  /** The columns present and their values, for logs and tests; never the content of the call. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    for (Column column : COLUMNS) {
      if (has(column) && column.inRow()) {
        parts.add(column.key() + "=" + value(column));
      }
    }
    return "LlmEvent" + parts;
  }

  /** The columns that have a value, a bit for each at its {@link Places place}. */
  long present() {
    return present;
  }

  /** The number of the INTEGER or BOOLEAN column at that place; 0 where it is absent. */
  long number(int place) {
    return number(numbers, wide, place);
  }

  /** The first number of the column at that place, which has two. */
  long firstNumber(int place) {
    return join(numbers, Places.halves(place));
  }

  /** The second number of the column at that place, which has two. */
  long secondNumber(int place) {
    return join(numbers, Places.halves(place) + 2);
  }

  /** The value of the column at that place, of any other type, which the event has. */
  Object object(int place) {
    return Objects.requireNonNull(values[place]);
  }

  /** As {@link #object(int)}. */
  Object object(Column column) {
    return object(Places.of(column));
  }

  /** Whether its labels are these, at their places. */
  boolean hasLabels(@Nullable Object[] labels) {
    for (int place = 0; place < labels.length; place++) {
      Object mine = values[place];
      if (mine != labels[place] && (mine == null || !mine.equals(labels[place]))) {
        return false;
      }
    }
    return true;
  }

  /** A copy of its labels, at their places; null where absent. */
  @Nullable Object[] labels() {
    return Arrays.copyOf(values, Places.LABELS);
  }

  /** The hash code of a text; 0 where it is absent. */
  int hash(int place) {
    return Objects.hashCode(values[place]);
  }

  /** The length of a text; -1 where it is absent. */
  int length(int place) {
    Object text = values[place];
    return text == null ? -1 : ((String) text).length();
  }

  /**
   * The event of these arrays, from now on its own, with an identity and a time where it has none.
   * Apart from its builder, of which a JVM then need not make an object.
   */
  private static LlmEvent complete(
      int[] numbers, long @Nullable [] wide, @Nullable Object[] values, long present) {
    if ((present & IDENTITY_AND_TIME) == IDENTITY_AND_TIME) {
      return new LlmEvent(numbers, wide, values, present);
    }
    // One look at the clock for both: it is a tenth of what an event costs its caller.
    long micros = WallClock.epochMicros();
    if ((present & Places.bit(Places.EVENT_ID)) == 0) {
      long millis = Math.floorDiv(micros, 1_000L);
      setTwo(numbers, Places.EVENT_ID, UuidV7.high(millis), UuidV7.low());
    }
    if ((present & Places.bit(Places.CREATED_AT)) == 0) {
      long second = Math.floorDiv(micros, MICROS_PER_SECOND);
      setTwo(numbers, Places.CREATED_AT, second, micros - second * MICROS_PER_SECOND);
    }
    return new LlmEvent(numbers, wide, values, present | IDENTITY_AND_TIME);
  }

  private static long number(int[] numbers, long @Nullable [] wide, int place) {
    int index = place - Places.FIRST_NUMBER;
    return wide == null ? numbers[index] : wide[index];
  }

  private static void setTwo(int[] numbers, int place, long first, long second) {
    split(numbers, Places.halves(place), first);
    split(numbers, Places.halves(place) + 2, second);
  }

  private static void split(int[] numbers, int at, long number) {
    numbers[at] = (int) (number >>> 32);
    numbers[at + 1] = (int) number;
  }

  private static long join(int[] numbers, int at) {
    return (long) numbers[at] << 32 | (numbers[at + 1] & 0xFFFF_FFFFL);
  }

  private static long @Nullable [] copy(long @Nullable [] wide) {
    return wide == null ? null : wide.clone();
  }

  private static void requireType(Column column, boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException(column.key() + " is of type " + column.type());
    }
  }

  /**
   * Collects what is known of a call. Not safe for use by several threads at once.
   *
   * <p>Every value may be null, which means absent: what a client library does not report need not
   * be checked for. No method throws: logging must not fail the call. A builder may go on after
   * {@link #build()}; each event gets an identity of its own.
   */
  public static final class Builder {
    private int[] numbers;
    private long @Nullable [] wide;
    private @Nullable Object[] values;
    private long present;

    /** Whether {@link #build()} gave the arrays to an event: the next change copies them first. */
    private boolean shared;

    private Builder() {
      this(new int[Places.NUMBERS], null, new @Nullable Object[Places.FIRST_NUMBER], 0);
    }

    private Builder(
        int[] numbers, long @Nullable [] wide, @Nullable Object[] values, long present) {
      this.numbers = numbers;
      this.wide = wide;
      this.values = values;
      this.present = present;
    }

    /** The identity, for producers that have one already; unless set, a new UUIDv7. */
    public Builder eventId(@Nullable UUID eventId) {
      return eventId == null
          ? clear(Places.EVENT_ID)
          : set(
              Places.EVENT_ID, eventId.getMostSignificantBits(), eventId.getLeastSignificantBits());
    }

    /** The start of the call, cut to microseconds; unless set, the time of {@link #build()}. */
    public Builder createdAt(@Nullable Instant createdAt) {
      return createdAt == null
          ? clear(Places.CREATED_AT)
          : set(
              Places.CREATED_AT, createdAt.getEpochSecond(), createdAt.getNano() / NANOS_PER_MICRO);
    }

    /** What the service was doing, such as {@code interview.question}. */
    public Builder action(@Nullable String action) {
      return setValue(Places.ACTION, action == null || action.isEmpty() ? null : action);
    }

    public Builder userId(long id) {
      return set(Places.USER_ID, id);
    }

    /** As {@link #userId(long)}; null where unknown. */
    public Builder userId(@Nullable Number id) {
      return set(Places.USER_ID, id);
    }

    public Builder companyId(long id) {
      return set(Places.COMPANY_ID, id);
    }

    /** As {@link #companyId(long)}; null where unknown. */
    public Builder companyId(@Nullable Number id) {
      return set(Places.COMPANY_ID, id);
    }

    public Builder interviewId(long id) {
      return set(Places.INTERVIEW_ID, id);
    }

    /** As {@link #interviewId(long)}; null where unknown. */
    public Builder interviewId(@Nullable Number id) {
      return set(Places.INTERVIEW_ID, id);
    }

    /** All tokens; unless set, input + output where both are known. */
    public Builder tokensUsed(long tokens) {
      return set(Places.TOKENS_USED, tokens);
    }

    /** As {@link #tokensUsed(long)}; null where unknown. */
    public Builder tokensUsed(@Nullable Number tokens) {
      return set(Places.TOKENS_USED, tokens);
    }

    /** All input tokens, those read from a cache included. */
    public Builder tokensInput(long tokens) {
      return set(Places.TOKENS_INPUT, tokens);
    }

    /** As {@link #tokensInput(long)}; null where unknown. */
    public Builder tokensInput(@Nullable Number tokens) {
      return set(Places.TOKENS_INPUT, tokens);
    }

    /** All output tokens, those of reasoning included. */
    public Builder tokensOutput(long tokens) {
      return set(Places.TOKENS_OUTPUT, tokens);
    }

    /** As {@link #tokensOutput(long)}; null where unknown. */
    public Builder tokensOutput(@Nullable Number tokens) {
      return set(Places.TOKENS_OUTPUT, tokens);
    }

    /** Input tokens that the provider read from its cache. */
    public Builder tokensCacheRead(long tokens) {
      return set(Places.TOKENS_CACHE_READ, tokens);
    }

    /** As {@link #tokensCacheRead(long)}; null where unknown. */
    public Builder tokensCacheRead(@Nullable Number tokens) {
      return set(Places.TOKENS_CACHE_READ, tokens);
    }

    /** Input tokens that the provider wrote to its cache. */
    public Builder tokensCacheWrite(long tokens) {
      return set(Places.TOKENS_CACHE_WRITE, tokens);
    }

    /** As {@link #tokensCacheWrite(long)}; null where unknown. */
    public Builder tokensCacheWrite(@Nullable Number tokens) {
      return set(Places.TOKENS_CACHE_WRITE, tokens);
    }

    /** Output tokens spent on reasoning. */
    public Builder tokensReasoning(long tokens) {
      return set(Places.TOKENS_REASONING, tokens);
    }

    /** As {@link #tokensReasoning(long)}; null where unknown. */
    public Builder tokensReasoning(@Nullable Number tokens) {
      return set(Places.TOKENS_REASONING, tokens);
    }

    /** From the start of the call to its end, in milliseconds. */
    public Builder latencyMs(long millis) {
      return set(Places.LATENCY_MS, millis);
    }

    /** As {@link #latencyMs(long)}; null where unknown. */
    public Builder latencyMs(@Nullable Number millis) {
      return set(Places.LATENCY_MS, millis);
    }

    /** From the start of the call to its first token, in milliseconds. */
    public Builder ttftMs(long millis) {
      return set(Places.TTFT_MS, millis);
    }

    /** As {@link #ttftMs(long)}; null where unknown. */
    public Builder ttftMs(@Nullable Number millis) {
      return set(Places.TTFT_MS, millis);
    }

    /** A sentence for people. */
    public Builder message(@Nullable String message) {
      return setValue(Places.MESSAGE, message);
    }

    /** The model that was asked for. */
    public Builder model(@Nullable String model) {
      return setValue(Places.MODEL, model);
    }

    /** Who serves the model, such as {@code openai}. */
    public Builder provider(@Nullable String provider) {
      return setValue(Places.PROVIDER, provider);
    }

    /** The model that answered, where the provider names it. */
    public Builder responseModel(@Nullable String responseModel) {
      return setValue(Places.RESPONSE_MODEL, responseModel);
    }

    /** The provider's id of the answer. */
    public Builder responseId(@Nullable String responseId) {
      return setValue(Places.RESPONSE_ID, responseId);
    }

    /** Why the model stopped. */
    public Builder finishReason(@Nullable String finishReason) {
      return setValue(Places.FINISH_REASON, finishReason);
    }

    /** The kind of failure: a class name or a code. Its presence makes the call an error. */
    public Builder errorType(@Nullable String errorType) {
      return setValue(Places.ERROR_TYPE, errorType);
    }

    /** What went wrong, in words. */
    public Builder errorMessage(@Nullable String errorMessage) {
      return setValue(Places.ERROR_MESSAGE, errorMessage);
    }

    /** Who made the call, where ids are no integers. */
    public Builder endUser(@Nullable String endUser) {
      return setValue(Places.END_USER, endUser);
    }

    /** The conversation that the call belongs to. */
    public Builder sessionId(@Nullable String sessionId) {
      return setValue(Places.SESSION_ID, sessionId);
    }

    public Builder traceId(@Nullable String traceId) {
      return setValue(Places.TRACE_ID, traceId);
    }

    public Builder spanId(@Nullable String spanId) {
      return setValue(Places.SPAN_ID, spanId);
    }

    /** The service that made the call; unless set, the one of the logger. */
    public Builder service(@Nullable String service) {
      return setValue(Places.SERVICE, service);
    }

    /** Unless set, the one of the logger. */
    public Builder deploymentVersion(@Nullable String deploymentVersion) {
      return setValue(Places.DEPLOYMENT_VERSION, deploymentVersion);
    }

    /** Unless set, the one of the logger. */
    public Builder deploymentEnvironment(@Nullable String deploymentEnvironment) {
      return setValue(Places.DEPLOYMENT_ENVIRONMENT, deploymentEnvironment);
    }

    /** The version of the price list behind {@link #costUsd(BigDecimal)}. */
    public Builder priceVersion(@Nullable String priceVersion) {
      return setValue(Places.PRICE_VERSION, priceVersion);
    }

    /** The cost in US dollars, to 12 decimals; null where it is unknown, never 0 for unknown. */
    public Builder costUsd(@Nullable BigDecimal costUsd) {
      return setValue(Places.COST_USD, costUsd);
    }

    /** Whether the answer was streamed. */
    public Builder streaming(boolean streaming) {
      return set(Places.STREAMING, streaming ? 1 : 0);
    }

    /** Free facts about the call, in place of those set before; read when the event is logged. */
    public Builder metadata(@Nullable Map<String, ? extends @Nullable Object> metadata) {
      if (metadata == null) {
        return clear(Places.METADATA);
      }
      Map<String, @Nullable Object> copy;
      try {
        copy = new LinkedHashMap<>(metadata);
      } catch (RuntimeException e) {
        // Another thread changes the map meanwhile, or it is of somebody's own making.
        copy = Map.of(Reserved.INVALID, Map.of(Column.METADATA.key(), e.getClass().getName()));
      }
      return setValue(Places.METADATA, copy.isEmpty() ? null : Collections.unmodifiableMap(copy));
    }

    /** One more fact about the call. */
    public Builder metadata(String key, @Nullable Object value) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      if (values[Places.METADATA] instanceof Map<?, ?> before) {
        before.forEach((k, v) -> all.put(String.valueOf(k), v));
      }
      all.put(String.valueOf(key), value);
      return setValue(Places.METADATA, Collections.unmodifiableMap(all));
    }

    /** The prompt: any JSON value, kept only where content is captured. */
    public Builder request(@Nullable Object request) {
      return setValue(Places.REQUEST, request);
    }

    /** The answer: any JSON value, kept only where content is captured. */
    public Builder response(@Nullable Object response) {
      return setValue(Places.RESPONSE, response);
    }

    /** The event, with an identity and a time where none was set. */
    public LlmEvent build() {
      own();
      shared = true;
      return complete(numbers, wide, values, present);
    }

    boolean has(Column column) {
      return (present & Places.bit(Places.of(column))) != 0;
    }

    /** The number set in an INTEGER or BOOLEAN column. */
    long number(Column column) {
      return LlmEvent.number(numbers, wide, Places.of(column));
    }

    /** The identity that is set; null where {@link #build()} is to make one. */
    @Nullable UUID eventId() {
      int high = Places.halves(Places.EVENT_ID);
      return has(Column.EVENT_ID) ? new UUID(join(numbers, high), join(numbers, high + 2)) : null;
    }

    /** Sets an INTEGER or BOOLEAN column. */
    Builder set(Column column, long value) {
      return set(Places.of(column), value);
    }

    /** Sets any other column, to a value of the type that {@link Column.Type} names. */
    Builder setValue(Column column, @Nullable Object value) {
      return switch (column.type()) {
        case TIME -> createdAt((Instant) value);
        case UUID -> eventId((UUID) value);
        default -> setValue(Places.of(column), value);
      };
    }

    private Builder set(int place, long value) {
      own();
      int index = place - Places.FIRST_NUMBER;
      if (wide != null || value != (int) value) {
        widened()[index] = value;
      } else {
        numbers[index] = (int) value;
      }
      present |= Places.bit(place);
      return this;
    }

    private Builder set(int place, long first, long second) {
      own();
      setTwo(numbers, place, first, second);
      present |= Places.bit(place);
      return this;
    }

    private Builder set(int place, @Nullable Number value) {
      if (value == null) {
        return clear(place);
      }
      if (value instanceof Integer || value instanceof Long) {
        return set(place, value.longValue());
      }
      try {
        return set(place, new BigDecimal(value.toString()).longValueExact());
      } catch (ArithmeticException e) {
        // No whole number, or too large: kept where the decoder keeps what does not fit either.
        return clear(place).invalid(Places.column(place), value);
      } catch (RuntimeException e) {
        // NaN, infinity, or a number of somebody's own making that has no text.
        return clear(place);
      }
    }

    private Builder invalid(Column column, Number value) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      if (values[Places.METADATA] instanceof Map<?, ?> metadata
          && metadata.get(Reserved.INVALID) instanceof Map<?, ?> before) {
        before.forEach((k, v) -> all.put(String.valueOf(k), v));
      }
      all.put(column.key(), value);
      return metadata(Reserved.INVALID, all);
    }

    private Builder setValue(int place, @Nullable Object value) {
      if (value == null) {
        return clear(place);
      }
      own();
      values[place] = value;
      present |= Places.bit(place);
      return this;
    }

    private Builder clear(int place) {
      own();
      if (place < Places.FIRST_NUMBER) {
        values[place] = null;
      } else if (place < Places.FIRST_OF_TWO) {
        set(place, 0);
      }
      present &= ~Places.bit(place);
      return this;
    }

    /** The columns of one number, which have 64 bits each from now on. */
    private long[] widened() {
      if (wide == null) {
        wide = new long[Places.SINGLE_NUMBERS];
        for (int i = 0; i < wide.length; i++) {
          wide[i] = numbers[i];
        }
      }
      return wide;
    }

    /** Copies the arrays if an event has them. */
    private void own() {
      if (shared) {
        numbers = numbers.clone();
        wide = copy(wide);
        values = values.clone();
        shared = false;
      }
    }
  }
}
