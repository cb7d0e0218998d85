package io.llmlog.event;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads queue messages, generously: every JSON object becomes an event. What does not fit its
 * column is kept in the event's metadata. Stateless.
 */
public final class EventDecoder {
  private static final Column[] COLUMNS = Column.values();

  private EventDecoder() {}

  /**
   * Reads one message.
   *
   * @param identity becomes the event's id where the message brings none
   * @param claimedAt becomes the event's time where the message brings none
   * @throws MalformedMessageException if the bytes are no JSON object, nested deeper than 1,000
   *     levels or longer than 16 MiB
   */
  public static LlmEvent decode(byte[] message, UUID identity, Instant claimedAt)
      throws MalformedMessageException {
    return complete(read(message, true), identity, claimedAt);
  }

  /**
   * The columns that the message has.
   *
   * @param withContent whether request and response are wanted
   */
  static LlmEvent.Builder read(byte[] message, boolean withContent)
      throws MalformedMessageException {
    RawMessage raw = RawMessage.read(message, withContent);
    DecodedMetadata metadata = new DecodedMetadata(raw.metadata(), raw.others());
    LlmEvent.Builder event = LlmEvent.builder(LlmEvent.UNKNOWN_ACTION);
    for (Column column : COLUMNS) {
      Object json = raw.value(column);
      if (json != null && column != Column.METADATA) {
        set(event, column, json, metadata);
      }
    }
    Map<String, @Nullable Object> all = metadata.result();
    if (all != null && isDeeper(all, ValueWriter.MAX_LEVELS - 1)) {
      all = flatten(all);
    }
    return event.setValue(Column.METADATA, all);
  }

  /** The event of the columns that a message has. */
  static LlmEvent complete(LlmEvent.Builder event, UUID identity, Instant claimedAt) {
    if (!event.has(Column.CREATED_AT)) {
      event.createdAt(timeOf(event.eventId(), claimedAt));
    }
    if (!event.has(Column.EVENT_ID)) {
      event.eventId(identity);
    }
    sumTokens(event);
    return event.build();
  }

  private static void set(
      LlmEvent.Builder event, Column column, Object json, DecodedMetadata metadata) {
    Object value = ColumnValues.of(column, json);
    if (value == ColumnValues.UNFIT) {
      metadata.invalid(column.key(), RawMessage.plain(json));
    } else if (value != null) {
      switch (column.type()) {
        case INTEGER -> event.set(column, (long) (Long) value);
        case BOOLEAN -> event.set(column, (Boolean) value ? 1 : 0);
        case TEXT -> setText(event, column, (String) value, metadata);
        default -> event.setValue(column, value);
      }
    }
  }

  private static void setText(
      LlmEvent.Builder event, Column column, String text, DecodedMetadata metadata) {
    if (column == Column.ACTION && text.isEmpty()) {
      return;
    }
    int max = column.maxCodePoints();
    String cut = max == 0 ? text : TextLimits.cut(text, max);
    if (cut.length() < text.length()) {
      metadata.truncated(column, TextLimits.codePoints(text));
    }
    event.setValue(column, cut);
  }

  /** The time inside an event's own id, so that pushing it again makes the same row. */
  private static Instant timeOf(@Nullable UUID eventId, Instant claimedAt) {
    Instant time = eventId == null ? null : UuidV7.timeOf(eventId);
    return time != null && Instants.isInRange(time.getEpochSecond()) ? time : claimedAt;
  }

  private static void sumTokens(LlmEvent.Builder event) {
    if (!event.has(Column.TOKENS_USED)
        && event.has(Column.TOKENS_INPUT)
        && event.has(Column.TOKENS_OUTPUT)) {
      long input = event.number(Column.TOKENS_INPUT);
      long output = event.number(Column.TOKENS_OUTPUT);
      long sum = input + output;
      boolean overflow = ((input ^ sum) & (output ^ sum)) < 0;
      if (!overflow) {
        event.tokensUsed(sum);
      }
    }
  }

  private static boolean isDeeper(@Nullable Object value, int levels) {
    Collection<?> members =
        value instanceof Map<?, ?> map ? map.values() : value instanceof List<?> list ? list : null;
    if (members == null) {
      return false;
    }
    if (levels == 0) {
      return true;
    }
    for (Object member : members) {
      if (isDeeper(member, levels - 1)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Keeps what lies too deep as text: a value that moved into the metadata lies deeper than it did
   * in the message, and the event has to fit into a message again.
   */
  private static Map<String, @Nullable Object> flatten(Map<String, @Nullable Object> metadata) {
    Map<String, @Nullable Object> flat = new LinkedHashMap<>();
    metadata.forEach((key, value) -> flat.put(key, flatten(value, 3)));
    return Collections.unmodifiableMap(flat);
  }

  private static @Nullable Object flatten(@Nullable Object value, int level) {
    if (!(value instanceof Map) && !(value instanceof List)) {
      return value;
    }
    if (level > ValueWriter.MAX_LEVELS) {
      return ValueWriter.toText(value);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> flat = new LinkedHashMap<>();
      map.forEach((key, member) -> flat.put((String) key, flatten(member, level + 1)));
      return flat;
    }
    List<@Nullable Object> flat = new ArrayList<>();
    ((List<?>) value).forEach(element -> flat.add(flatten(element, level + 1)));
    return flat;
  }
}
