package io.llmlog.event;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
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

  private static final Column[] COLUMNS = Column.values();

  /**
   * Each column's key with its comma, quotes and colon; the first one's comma becomes a bracket.
   */
  private static final byte[][] KEYS = new byte[COLUMNS.length][];

  /** The same, in words of eight characters, as many as the longest key but of a label has. */
  private static final long[] WORDS;

  private static final int KEY_WORDS = 3;

  /** The columns whose texts are remembered, a bit for each at its ordinal. */
  private static final long LABELS;

  /** The columns of type INTEGER, likewise. */
  private static final long INTEGERS;

  private static final byte[] UNKNOWN_ACTION =
      (",\"" + Column.ACTION.key() + "\":\"" + LlmEvent.UNKNOWN_ACTION + '"')
          .getBytes(StandardCharsets.US_ASCII);

  /** Far beyond what a message of {@link #MAX_MAX_BYTES} becomes when it is written again. */
  private static final int MAX_VALUE_BYTES = 256 << 20;

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
    long labels = 0;
    WORDS = new long[COLUMNS.length * KEY_WORDS];
    for (Column column : COLUMNS) {
      byte[] key = (",\"" + column.key() + "\":").getBytes(StandardCharsets.US_ASCII);
      KEYS[column.ordinal()] = key;
      for (int i = 0; i < KEY_WORDS; i++) {
        WORDS[column.ordinal() * KEY_WORDS + i] = Digits.of(key, i * Long.BYTES);
      }
      integers |= column.type() == Column.Type.INTEGER ? bit(column) : 0;
      labels |= Column.LABELS.contains(column) ? bit(column) : 0;
    }
    INTEGERS = integers;
    LABELS = labels;
  }

  /** Per column what stands in messages of events without it, key included; empty for nothing. */
  private final byte[][] defaults = new byte[COLUMNS.length][];

  /** The columns for which {@link #defaults} has something, a bit for each at its ordinal. */
  private final long defaulted;

  /** Likewise the columns that are written where an event has them. */
  private final long written;

  /** What all columns of bounded length take at most, with their keys, and all defaults. */
  private final int boundedBytes;

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
    defaults[Column.ACTION.ordinal()] = UNKNOWN_ACTION;
    long withDefault = bit(Column.ACTION);
    long inMessage = 0;
    for (Column column : COLUMNS) {
      if (captureContent || column.inRow()) {
        inMessage |= bit(column);
      }
      String value = stamp.value(column);
      if (value != null) {
        JsonOut out = new JsonOut(new byte[NEW_BUFFER_BYTES], MAX_VALUE_BYTES);
        out.raw(KEYS[column.ordinal()]);
        out.text(TextLimits.cut(value, column.maxCodePoints()));
        defaults[column.ordinal()] = out.toByteArray();
        withDefault |= bit(column);
      }
    }
    this.boundedBytes =
        COLUMNS.length * Math.max(KEY_WORDS * Long.BYTES + Scalars.MAX_BYTES, RecentTexts.MAX_BYTES)
            + Arrays.stream(defaults).mapToInt(member -> member.length).sum();
    this.defaulted = withDefault;
    this.written = inMessage;
  }

  private static long bit(Column column) {
    return 1L << column.ordinal();
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
    JsonOut out = new JsonOut(taken(kept), maxBytes);
    try {
      if (!fits(out, event, true)) {
        shorten(event, out);
      }
      return target.take(out.buffer(), out.size());
    } finally {
      keep(kept, out);
    }
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
      write(out, event, withDefaults ? defaulted : bit(Column.ACTION));
    } catch (JsonOut.Full e) {
      return false;
    }
    // The first key's comma; there is one, because every event has a time.
    out.set(0, '{');
    out.raw('}');
    return out.size() <= maxBytes;
  }

  /** Writes the columns that are there, and the defaults of others: first the labels. */
  private void write(JsonOut out, LlmEvent event, long defaulted) {
    long present = event.present() & written;
    byte[] to = out.room(boundedBytes);
    boolean usual = defaulted == this.defaulted;
    byte[] head = usual ? heads.find(event) : null;
    if (head != null) {
      System.arraycopy(head, 0, to, 0, head.length);
      out.endAt(head.length);
    } else {
      write(out, event, present, (present | defaulted) & LABELS);
      if (usual) {
        heads.keep(event, out.buffer(), out.size());
      }
    }
    write(out, event, present, (present | defaulted) & ~LABELS);
  }

  /**
   * Writes those columns, or their defaults where they are not present. Walks them by their bits,
   * because an event has half of the columns or fewer, and keeps buffer and place in its own hands:
   * through the fields of {@link JsonOut} each value would wait for the one before.
   */
  private void write(JsonOut out, LlmEvent event, long present, long columns) {
    byte[] to = out.room(boundedBytes);
    int at = out.size();
    for (long left = columns; left != 0; left &= left - 1) {
      int ordinal = Long.numberOfTrailingZeros(left);
      if ((present >>> ordinal & 1) == 0) {
        byte[] member = defaults[ordinal];
        System.arraycopy(member, 0, to, at, member.length);
        at += member.length;
        continue;
      }
      // The most frequent kinds first, and by their bits rather than by way of the column.
      int end =
          (INTEGERS >>> ordinal & 1) != 0
              ? Scalars.integer(to, key(to, at, ordinal), event.number(ordinal))
              : (LABELS >>> ordinal & 1) != 0
                  ? recent.put(to, at, ordinal, (String) event.object(ordinal))
                  : bounded(to, key(to, at, ordinal), event, COLUMNS[ordinal]);
      if (end == Scalars.NONE) {
        out.endAt(at);
        member(out, event, COLUMNS[ordinal]);
        end = out.size();
        to = out.room(boundedBytes);
      }
      at = end;
    }
    out.endAt(at);
  }

  private static int key(byte[] to, int at, int ordinal) {
    int word = ordinal * KEY_WORDS;
    Digits.put(to, at, WORDS[word]);
    Digits.put(to, at + 8, WORDS[word + 1]);
    Digits.put(to, at + 16, WORDS[word + 2]);
    return at + KEYS[ordinal].length;
  }

  /** Writes a value of bounded length, or answers {@link Scalars#NONE}. */
  private static int bounded(byte[] to, int at, LlmEvent event, Column column) {
    int ordinal = column.ordinal();
    return switch (column.type()) {
      case INTEGER -> Scalars.integer(to, at, event.number(ordinal));
      case BOOLEAN -> Scalars.bool(to, at, event.number(ordinal) != 0);
      case TIME -> Scalars.instant(to, at, (Instant) event.object(ordinal));
      case UUID -> Scalars.uuid(to, at, (UUID) event.object(ordinal));
      case DECIMAL -> Scalars.cost(to, at, (BigDecimal) event.object(ordinal));
      case TEXT, JSON -> Scalars.NONE;
    };
  }

  /** Writes a member of any length. */
  private void member(JsonOut out, LlmEvent event, Column column) {
    int ordinal = column.ordinal();
    int start = out.size();
    out.raw(KEYS[ordinal]);
    Object value = event.object(ordinal);
    switch (column.type()) {
      case TEXT -> out.text((String) value);
      case DECIMAL -> out.cost((BigDecimal) value);
      case TIME -> out.instant((Instant) value);
      default -> ValueWriter.write(out, value, 2);
    }
    if ((LABELS >>> ordinal & 1) != 0) {
      recent.keep(ordinal, (String) value, out.buffer(), start, out.size());
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
