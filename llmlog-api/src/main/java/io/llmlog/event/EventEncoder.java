package io.llmlog.event;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes the queue message of an event: the bytes that every path and every retry carry.
 *
 * <p>Safe for use by several threads at once; runs on the thread that logs the event.
 */
public final class EventEncoder {
  /** What a logger adds to events that do not say it themselves. */
  public record Stamp(
      @Nullable String deploymentVersion,
      @Nullable String deploymentEnvironment,
      @Nullable String service) {
    /** Adds nothing. */
    public static final Stamp NONE = new Stamp(null, null, null);

    private @Nullable String value(Column column) {
      return switch (column) {
        case DEPLOYMENT_VERSION -> deploymentVersion;
        case DEPLOYMENT_ENVIRONMENT -> deploymentEnvironment;
        case SERVICE -> service;
        default -> null;
      };
    }
  }

  /** The least that {@code maxBytes} may be: ids, time and figures always find room. */
  public static final int MIN_MAX_BYTES = 1_024;

  /** The most that {@code maxBytes} may be: no reader takes longer messages. */
  public static final int MAX_MAX_BYTES = 16 << 20;

  private static final long LABELS = Places.bits(0, Places.LABELS);

  private static final long INTEGERS;

  /** The columns of texts, but for the labels. */
  private static final long TEXTS;

  /** The columns of any JSON. */
  private static final long TREES;

  private static final byte[] UNKNOWN_ACTION =
      (",\"" + Column.ACTION.key() + "\":\"" + LlmEvent.UNKNOWN_ACTION + '"')
          .getBytes(StandardCharsets.US_ASCII);

  /** Far beyond what a message of {@link #MAX_MAX_BYTES} becomes when it is written again. */
  private static final int MAX_VALUE_BYTES = 256 << 20;

  /** What all columns of bounded length take at most, with their keys. */
  private static final int BOUNDED_BYTES =
      (Places.COUNT - Places.LABELS) * (MemberKeys.MAX_BYTES + Scalars.MAX_BYTES);

  /** Has room for a head, all columns of bounded length, and the bracket behind them. */
  private static final int NEW_BUFFER_BYTES = 4_096;

  private static final int MAX_KEPT_BUFFER_BYTES = 64 << 10;

  /**
   * The buffer of each thread, gone while it is in use: a value's {@code toString()} may log too.
   * Bare bytes, so that a thread of a pool holds no class of an application that is undeployed.
   */
  private static final ThreadLocal<byte[] @Nullable []> BUFFERS =
      ThreadLocal.withInitial(() -> new byte[1][]);

  static {
    long integers = 0;
    long texts = 0;
    long trees = 0;
    for (int place = 0; place < Places.COUNT; place++) {
      Column column = Places.column(place);
      integers |= column.type() == Column.Type.INTEGER ? Places.bit(place) : 0;
      texts |= column.type() == Column.Type.TEXT ? Places.bit(place) : 0;
      trees |= column.type() == Column.Type.JSON ? Places.bit(place) : 0;
    }
    INTEGERS = integers;
    TEXTS = texts & ~LABELS;
    TREES = trees;
  }

  /** Per label what stands in messages of events without it, key included; empty for nothing. */
  private final byte[][] defaults = new byte[Places.LABELS][];

  /** The bits of the labels for which {@link #defaults} has something. */
  private final long defaulted;

  /** The bits of the columns that are written where an event has them. */
  private final long written;

  private final RecentHeads heads = new RecentHeads();
  private final RecentTexts recent = new RecentTexts();
  private final boolean captureContent;
  private final int maxBytes;

  /**
   * An encoder of messages of at most {@code maxBytes} bytes.
   *
   * @param captureContent whether request and response become part of the message
   * @throws IllegalArgumentException if {@code maxBytes} is not within {@link #MIN_MAX_BYTES} and
   *     {@link #MAX_MAX_BYTES}
   */
  public EventEncoder(Stamp stamp, boolean captureContent, int maxBytes) {
    if (maxBytes < MIN_MAX_BYTES || maxBytes > MAX_MAX_BYTES) {
      throw new IllegalArgumentException(
          "maxBytes=" + maxBytes + ": must be " + MIN_MAX_BYTES + " to " + MAX_MAX_BYTES);
    }
    this.captureContent = captureContent;
    this.maxBytes = maxBytes;
    Arrays.fill(defaults, new byte[0]);
    defaults[Places.ACTION] = UNKNOWN_ACTION;
    long withDefault = Places.bit(Places.ACTION);
    long inMessage = 0;
    for (int place = 0; place < Places.COUNT; place++) {
      Column column = Places.column(place);
      if (captureContent || column.inRow()) {
        inMessage |= Places.bit(place);
      }
      String value = stamp.value(column);
      if (value != null) {
        JsonOut out = new JsonOut(new byte[NEW_BUFFER_BYTES], MAX_VALUE_BYTES);
        out.raw(MemberKeys.of(place));
        out.text(TextLimits.cut(value, column.maxCodePoints()));
        defaults[place] = out.toByteArray();
        withDefault |= Places.bit(place);
      }
    }
    this.defaulted = withDefault;
    this.written = inMessage;
  }

  /** Takes messages without an array of their own. */
  @FunctionalInterface
  public interface Target {
    /**
     * Takes a message, or refuses it.
     *
     * @param buffer begins with the message, and may be written again after the call
     * @param length how many bytes the message has
     */
    boolean take(byte[] buffer, int length);
  }

  /** As {@link #encode(LlmEvent, Target)}, into an array of the message's length. */
  public byte[] encode(LlmEvent event) {
    byte[][] message = new byte[1][];
    encode(
        event,
        (buffer, length) -> {
          message[0] = Arrays.copyOf(buffer, length);
          return true;
        });
    return message[0];
  }

  /**
   * Makes the message of the event: one JSON object in UTF-8.
   *
   * <p>An event that would be too large is shortened, longest text first, and says so in {@code
   * metadata.truncated}. A value that cannot be read becomes a short text that says so. Throws for
   * no event.
   *
   * @return what the target has answered
   */
  public boolean encode(LlmEvent event, Target target) {
    byte[] @Nullable [] kept = BUFFERS.get();
    byte[] buffer = taken(kept);
    int length = usual(buffer, event);
    if (length == Scalars.NONE) {
      return encodeAny(kept, buffer, event, target);
    }
    try {
      return target.take(buffer, length);
    } finally {
      kept[0] = buffer;
    }
  }

  private boolean encodeAny(
      byte[] @Nullable [] kept, byte[] buffer, LlmEvent event, Target target) {
    JsonOut out = new JsonOut(buffer, maxBytes);
    try {
      if (!fits(out, event, true)) {
        shorten(event, out);
      }
      return target.take(out.buffer(), out.size());
    } finally {
      keep(kept, out);
    }
  }

  /**
   * Writes the message of an event whose labels stood together before and whose other columns are
   * numbers and short texts: without an object of its own.
   *
   * @return its length, or {@link Scalars#NONE} for any other event
   */
  private int usual(byte[] buffer, LlmEvent event) {
    long present = event.present() & written;
    byte[] head = (present & TREES) == 0 ? heads.find(event) : null;
    if (head == null) {
      return Scalars.NONE;
    }
    System.arraycopy(head, 0, buffer, 0, head.length);
    int at = bounded(buffer, head.length, event, present);
    for (long left = present & TEXTS; left != 0 && at != Scalars.NONE; left &= left - 1) {
      int place = Long.numberOfTrailingZeros(left);
      at = shortText(buffer, at, place, (String) event.object(place));
    }
    if (at == Scalars.NONE || at >= maxBytes) {
      return Scalars.NONE;
    }
    buffer[0] = '{';
    buffer[at] = '}';
    return at + 1;
  }

  /** Where the member ends, with room for a bracket behind it; or {@link Scalars#NONE}. */
  private static int shortText(byte[] to, int at, int place, String text) {
    int length = text.length();
    if (length > to.length - at - MemberKeys.MAX_BYTES - 3) {
      return Scalars.NONE;
    }
    int quote = MemberKeys.put(to, at, place);
    to[quote] = '"';
    int end = quote + 1 + length;
    to[end] = '"';
    return JsonOut.plain(to, quote + 1, text) == length ? end + 1 : Scalars.NONE;
  }

  private static byte[] taken(byte[] @Nullable [] kept) {
    byte[] buffer = kept[0];
    kept[0] = null;
    return buffer == null ? new byte[NEW_BUFFER_BYTES] : buffer;
  }

  private static void keep(byte[] @Nullable [] kept, JsonOut out) {
    if (out.buffer().length <= MAX_KEPT_BUFFER_BYTES) {
      kept[0] = out.buffer();
    }
  }

  private void shorten(LlmEvent event, JsonOut out) {
    LlmEvent shorter =
        Shortening.of(
            captureContent ? event : event.toBuilder().request(null).response(null).build(),
            maxBytes,
            candidate -> fits(out, candidate, true) ? out.size() : -1);
    if (!fits(out, shorter, true) && !fits(out, shorter, false)) {
      // The largest figures, ids and notes together are smaller than MIN_MAX_BYTES.
      throw new IllegalStateException("the message cannot be shortened to " + maxBytes);
    }
  }

  /** Writes the message; whether it is small enough. */
  private boolean fits(JsonOut out, LlmEvent event, boolean withDefaults) {
    out.endAt(0);
    try {
      write(out, event, withDefaults ? defaulted : Places.bit(Places.ACTION));
    } catch (JsonOut.Full e) {
      return false;
    }
    // The first key's comma; there is one, because every event has a time.
    out.set(0, '{');
    out.raw('}');
    return out.size() <= maxBytes;
  }

  /** Writes the columns that are there, and the defaults of others. */
  private void write(JsonOut out, LlmEvent event, long defaulted) {
    long present = event.present() & written;
    boolean usual = defaulted == this.defaulted;
    byte[] head = usual ? heads.find(event) : null;
    if (head != null) {
      out.raw(head);
    } else {
      labels(out, event, present, defaulted);
      if (usual) {
        heads.keep(event, out.buffer(), out.size());
      }
    }
    int end = bounded(out.room(BOUNDED_BYTES), out.size(), event, present);
    long rest = present & (end == Scalars.NONE ? ~LABELS : TEXTS | TREES);
    if (end != Scalars.NONE) {
      out.endAt(end);
    }
    for (long left = rest; left != 0; left &= left - 1) {
      member(out, event, Long.numberOfTrailingZeros(left));
    }
  }

  private void labels(JsonOut out, LlmEvent event, long present, long defaulted) {
    for (long left = (present | defaulted) & LABELS; left != 0; left &= left - 1) {
      int place = Long.numberOfTrailingZeros(left);
      if ((present & Places.bit(place)) == 0) {
        out.raw(defaults[place]);
        continue;
      }
      String text = (String) event.object(place);
      int end = recent.put(out.room(RecentTexts.MAX_BYTES), out.size(), place, text);
      if (end == Scalars.NONE) {
        int start = out.size();
        member(out, event, place);
        recent.keep(place, text, out.buffer(), start, out.size());
      } else {
        out.endAt(end);
      }
    }
  }

  /**
   * Writes numbers, identity, time and cost to a place that has room for them. Keeps buffer and
   * place in its own hands: through the fields of {@link JsonOut} each value would wait for the one
   * before.
   *
   * @return where they end, or {@link Scalars#NONE} where one of them has no bounded form
   */
  private static int bounded(byte[] to, int from, LlmEvent event, long present) {
    int at = integers(to, from, event, present);
    if ((present & Places.bit(Places.STREAMING)) != 0) {
      int value = MemberKeys.put(to, at, Places.STREAMING);
      at = Scalars.bool(to, value, event.number(Places.STREAMING) != 0);
    }
    // Every event has these two.
    long second = event.firstNumber(Places.CREATED_AT);
    int micros = (int) event.secondNumber(Places.CREATED_AT);
    at = Scalars.instant(to, MemberKeys.put(to, at, Places.CREATED_AT), second, micros);
    if (at == Scalars.NONE) {
      return at;
    }
    long high = event.firstNumber(Places.EVENT_ID);
    long low = event.secondNumber(Places.EVENT_ID);
    at = Scalars.uuid(to, MemberKeys.put(to, at, Places.EVENT_ID), high, low);
    if ((present & Places.bit(Places.COST_USD)) != 0) {
      int value = MemberKeys.put(to, at, Places.COST_USD);
      at = Scalars.cost(to, value, (BigDecimal) event.object(Places.COST_USD));
    }
    return at;
  }

  private static int integers(byte[] to, int from, LlmEvent event, long present) {
    int at = from;
    for (long left = present & INTEGERS; left != 0; left &= left - 1) {
      int place = Long.numberOfTrailingZeros(left);
      at = Scalars.integer(to, MemberKeys.put(to, at, place), event.number(place));
    }
    return at;
  }

  /** Writes a member of any length. */
  private static void member(JsonOut out, LlmEvent event, int place) {
    out.raw(MemberKeys.of(place));
    switch (Places.column(place).type()) {
      case TEXT -> out.text((String) event.object(place));
      case INTEGER -> out.integer(event.number(place));
      case DECIMAL -> out.cost((BigDecimal) event.object(place));
      case BOOLEAN -> out.bool(event.number(place) != 0);
      case TIME -> out.instant(event.createdAt());
      case UUID -> out.text(event.eventId().toString());
      case JSON -> ValueWriter.write(out, event.object(place), 2);
    }
  }

  /**
   * The event's metadata as JSON in UTF-8, for stores; null where it has none. Nothing is cut.
   *
   * @throws IllegalArgumentException if it is longer than any message can hold, which only an event
   *     that never was a message may be
   */
  public static byte @Nullable [] metadataJson(LlmEvent event) {
    return json(event, Column.METADATA);
  }

  /** The event's request, as {@link #metadataJson(LlmEvent)}. */
  public static byte @Nullable [] requestJson(LlmEvent event) {
    return json(event, Column.REQUEST);
  }

  /** The event's response, as {@link #metadataJson(LlmEvent)}. */
  public static byte @Nullable [] responseJson(LlmEvent event) {
    return json(event, Column.RESPONSE);
  }

  private static byte @Nullable [] json(LlmEvent event, Column column) {
    if (!event.has(column)) {
      return null;
    }
    byte[] @Nullable [] kept = BUFFERS.get();
    JsonOut out = new JsonOut(taken(kept), MAX_VALUE_BYTES);
    try {
      ValueWriter.write(out, event.object(column), 2);
      return out.toByteArray();
    } catch (JsonOut.Full e) {
      throw new IllegalArgumentException(column.key() + ": must be at most 256 MiB as JSON", e);
    } finally {
      keep(kept, out);
    }
  }
}
