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
  private static final byte[][] KEYS = new byte[COLUMNS.length][];
  private static final byte[] UNKNOWN_ACTION =
      (",\"" + Column.ACTION.key() + "\":\"" + LlmEvent.UNKNOWN_ACTION + '"')
          .getBytes(StandardCharsets.US_ASCII);

  /** Far beyond what a message of {@link #MAX_MAX_BYTES} becomes when it is written again. */
  private static final int MAX_VALUE_BYTES = 256 << 20;

  private static final int NEW_BUFFER_BYTES = 1_024;
  private static final int MAX_KEPT_BUFFER_BYTES = 64 << 10;

  /**
   * The buffer of each thread, gone while it is in use: a value's {@code toString()} may log too.
   * Bare bytes, so that a thread of a pool holds no class of an application that is undeployed.
   */
  private static final ThreadLocal<byte @Nullable []> BUFFERS = new ThreadLocal<>();

  static {
    for (Column column : COLUMNS) {
      KEYS[column.ordinal()] = (",\"" + column.key() + "\":").getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** Per column what stands in messages of events without it, key included; empty for nothing. */
  private final byte[][] defaults = new byte[COLUMNS.length][];

  /** The columns for which {@link #defaults} has something, a bit for each at its ordinal. */
  private final long defaulted;

  /** Likewise the columns that are written where an event has them. */
  private final long written;

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
    this.defaulted = withDefault;
    this.written = inMessage;
  }

  private static long bit(Column column) {
    return 1L << column.ordinal();
  }

  /**
   * The message of the event: one JSON object in UTF-8.
   *
   * <p>An event that would be too large is shortened, longest text first, and says so in {@code
   * metadata.truncated}. A value that cannot be read becomes a short text that says so. Throws for
   * no event.
   */
  public byte[] encode(LlmEvent event) {
    byte[] buffer = BUFFERS.get();
    if (buffer == null) {
      buffer = new byte[NEW_BUFFER_BYTES];
    } else {
      BUFFERS.set(null);
    }
    JsonOut out = new JsonOut(buffer, maxBytes);
    try {
      return fits(out, event, true) ? out.toByteArray() : shortened(event, out);
    } finally {
      if (out.buffer().length <= MAX_KEPT_BUFFER_BYTES) {
        BUFFERS.set(out.buffer());
      }
    }
  }

  private byte[] shortened(LlmEvent event, JsonOut out) {
    LlmEvent shorter =
        Shortening.of(
            captureContent ? event : event.toBuilder().request(null).response(null).build(),
            maxBytes,
            candidate -> fits(out, candidate, true) ? out.size() : -1);
    if (!fits(out, shorter, true) && !fits(out, shorter, false)) {
      // The largest figures, ids and notes together are smaller than MIN_MAX_BYTES.
      throw new IllegalStateException("the message cannot be shortened to " + maxBytes);
    }
    return out.toByteArray();
  }

  /** Writes the message; whether it is small enough. */
  private boolean fits(JsonOut out, LlmEvent event, boolean withDefaults) {
    out.cutTo(0);
    long present = event.present() & written;
    long left = present | (withDefaults ? defaulted : bit(Column.ACTION));
    try {
      // By their bits, because an event has half of the columns or fewer.
      for (; left != 0; left &= left - 1) {
        int ordinal = Long.numberOfTrailingZeros(left);
        if ((present >>> ordinal & 1) != 0) {
          out.raw(KEYS[ordinal]);
          value(out, event, COLUMNS[ordinal]);
        } else {
          out.raw(defaults[ordinal]);
        }
      }
    } catch (JsonOut.Full e) {
      return false;
    }
    // The first key's comma; there is one, because every event has a time.
    out.set(0, '{');
    out.raw('}');
    return out.size() <= maxBytes;
  }

  private static void value(JsonOut out, LlmEvent event, Column column) {
    switch (column.type()) {
      case INTEGER -> out.integer(event.number(column));
      case BOOLEAN -> out.bool(event.number(column) != 0);
      case TEXT -> out.text((String) event.object(column));
      case TIME -> out.instant((Instant) event.object(column));
      case UUID -> out.uuid((UUID) event.object(column));
      case DECIMAL -> out.cost((BigDecimal) event.object(column));
      case JSON -> ValueWriter.write(out, event.object(column), 2);
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
    try {
      JsonOut out = new JsonOut(new byte[NEW_BUFFER_BYTES], MAX_VALUE_BYTES);
      ValueWriter.write(out, event.object(column), 2);
      return out.toByteArray();
    } catch (JsonOut.Full e) {
      throw new IllegalArgumentException(column.key() + ": must be at most 256 MiB as JSON", e);
    }
  }
}
