package io.llmlog.event;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usual message straight from its bytes: known keys, each once, with values as {@link
 * EventEncoder} and other programs write them when nothing is odd about them.
 *
 * <p>A shortcut, and no second opinion: {@link EventDecoder} says what a message means. Whatever is
 * not plainly the usual form, down to an integer of 19 digits, makes this reader give up, and the
 * decoder reads the message from its start. So there is nothing here that mends, cuts or notes; and
 * what is taken is strictly JSON in valid UTF-8, because each byte of it was looked at.
 *
 * <p>It learns which key comes after which, and compares the bytes of that one first. Not
 * thread-safe; made for the messages of one batch.
 */
final class DirectReader {
  private static final Column[] COLUMNS = Column.values();

  /** The keys with their quotes and the colon behind them: eight bytes or more. */
  private static final byte[][] KEYS =
      Arrays.stream(COLUMNS)
          .map(column -> ascii('"' + column.key() + "\":"))
          .toArray(byte[][]::new);

  private static final byte[] NULL = ascii("null");
  private static final byte[] TRUE = ascii("true");
  private static final byte[] FALSE = ascii("false");

  /** Below it there is room in a long for one more digit. */
  private static final long ROOM_FOR_A_DIGIT = 100_000_000_000_000_000L;

  /** A binary fraction, as many programs write costs, has 17 digits and some zeros in front. */
  private static final int MAX_NUMBER_BYTES = 40;

  /** The message is level 1. Deeper ones are rare, and only the decoder knows what is too deep. */
  private static final int MAX_LEVELS = 16;

  /** The column that came last after each; behind all, the one that came first. */
  private final Column[] followers = new Column[COLUMNS.length + 1];

  private final EncodedForms forms = new EncodedForms();

  private byte[] json = {};
  private int at;

  /** Whether the message is one for the decoder; what was read since is of no use. */
  private boolean failed;

  DirectReader() {
    followers[COLUMNS.length] = COLUMNS[0];
    for (int i = 0; i < COLUMNS.length; i++) {
      followers[i] = COLUMNS[(i + 1) % COLUMNS.length];
    }
  }

  /**
   * The columns that the message has, or null if the decoder has to read it.
   *
   * @param withContent whether request and response are wanted
   */
  LlmEvent.@Nullable Builder read(byte[] message, boolean withContent) {
    json = message;
    at = 0;
    failed = message.length > JsonReader.MAX_MESSAGE_BYTES;
    if (failed || !skip('{')) {
      return null;
    }
    LlmEvent.Builder event = LlmEvent.builder(LlmEvent.UNKNOWN_ACTION);
    long seen = 0;
    int before = COLUMNS.length;
    do {
      Column column = key(before);
      if (column == null || (seen >>> column.ordinal() & 1) != 0) {
        return null;
      }
      before = column.ordinal();
      seen |= 1L << before;
      int first = next();
      if (first == 'n') {
        expect(NULL);
      } else if (first > 0) {
        set(event, column, withContent);
      }
      if (failed) {
        return null;
      }
    } while (skip(','));
    return skip('}') && next() < 0 ? event : null;
  }

  private void set(LlmEvent.Builder event, Column column, boolean withContent) {
    switch (column.type()) {
      case TEXT -> event.setValue(column, text(column));
      case INTEGER -> event.set(column, integer());
      case DECIMAL -> {
        BigDecimal cost = ColumnValues.cost(decimal());
        failed |= cost == null;
        event.setValue(column, cost);
      }
      case BOOLEAN -> event.set(column, bool() ? 1 : 0);
      case TIME -> event.setValue(column, time());
      case UUID -> event.setValue(column, uuid());
      case JSON -> {
        Object value = value(2);
        if (column == Column.METADATA) {
          failed |= !(value instanceof Map);
          event.setValue(column, failed ? null : new DecodedMetadata(value, Map.of()).result());
        } else if (withContent) {
          event.setValue(column, value);
        }
      }
    }
  }

  /** The column of the key that begins here, which is passed with its colon; null if none. */
  private @Nullable Column key(int before) {
    int first = next();
    Column expected = followers[before];
    byte[] key = KEYS[expected.ordinal()];
    if (EightBytes.areAt(json, at, key)) {
      at += key.length;
      return expected;
    }
    Column column = first == '"' ? Column.of(text()) : null;
    if (failed || column == null || !skip(':')) {
      return null;
    }
    followers[before] = column;
    return column;
  }

  /** The next byte that is no white space, which is passed; -1 at the end. */
  private int next() {
    for (; at < json.length; at++) {
      byte b = json[at];
      if (b > ' ' || (b != ' ' && b != '\n' && b != '\r' && b != '\t')) {
        return b & 0xFF;
      }
    }
    return -1;
  }

  private boolean skip(char token) {
    boolean there = (at < json.length && json[at] == token) || next() == token;
    if (there) {
      at++;
    }
    return there;
  }

  private void expect(byte[] word) {
    int end = at + word.length;
    failed |= end > json.length || !Arrays.equals(json, at, end, word, 0, word.length);
    at = end;
  }

  private boolean bool() {
    boolean value = next() == 't';
    expect(value ? TRUE : FALSE);
    return value;
  }

  private long integer() {
    boolean negative = sign();
    int first = at;
    long value = digits(0);
    checkWhole(first);
    return negative ? -value : value;
  }

  private BigDecimal decimal() {
    boolean negative = sign();
    int first = at;
    long value = digits(0);
    checkWhole(first);
    int scale = 0;
    if (at < json.length && json[at] == '.') {
      at++;
      int point = at;
      value = digits(value);
      scale = at - point;
      failed |= scale == 0 || at - first > MAX_NUMBER_BYTES;
    }
    return BigDecimal.valueOf(negative ? -value : value, scale);
  }

  private boolean sign() {
    boolean negative = json[at] == '-';
    if (negative) {
      at++;
    }
    return negative;
  }

  /** The number with the digits that follow behind it; those for which a long has no room stay. */
  private long digits(long before) {
    long value = before;
    int i = at;
    for (; i < json.length && json[i] >= '0' && json[i] <= '9' && value < ROOM_FOR_A_DIGIT; i++) {
      value = value * 10 + (json[i] - '0');
    }
    at = i;
    return value;
  }

  /** The digits before the point, passed just now: one at least, and no 0 before others. */
  private void checkWhole(int first) {
    failed |= at == first || (json[first] == '0' && at - first > 1);
  }

  private @Nullable String text(Column column) {
    String text = text();
    int max = column.maxCodePoints();
    failed |= (max > 0 && text.length() > max) || (column == Column.ACTION && text.isEmpty());
    return text;
  }

  /** The text that begins here; anything if it fails. */
  private String text() {
    if (json[at] != '"') {
      failed = true;
      return "";
    }
    int from = at + 1;
    int end = EightBytes.plainEnd(json, from);
    if (end < json.length && json[end] == '"') {
      at = end + 1;
      return new String(json, from, end - from, StandardCharsets.ISO_8859_1);
    }
    return otherText(from, end);
  }

  /** A text with escapes or more than ASCII. */
  private String otherText(int from, int firstOther) {
    StringBuilder text = new StringBuilder();
    int start = from;
    for (int i = firstOther; i < json.length; i = EightBytes.plainEnd(json, i)) {
      byte b = json[i];
      if (b == '"') {
        text.append(utf8(start, i));
        at = i + 1;
        // Of a byte that is no UTF-8, unless it was written.
        failed |= text.indexOf("\uFFFD") >= 0;
        return text.toString();
      }
      if (b == '\\') {
        text.append(utf8(start, i));
        at = i + 1;
        text.append(escaped());
        i = at;
        start = i;
      } else if (b >= 0) {
        break;
      } else {
        i++;
      }
    }
    failed = true;
    return "";
  }

  private String utf8(int from, int to) {
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  /** The character whose escape goes on here; fails for those that have to be mended. */
  private char escaped() {
    int letter = at < json.length ? json[at++] : -1;
    char c =
        switch (letter) {
          case '"', '\\', '/' -> (char) letter;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'u' -> unit();
          default -> 0;
        };
    failed |= c == 0 || Character.isSurrogate(c);
    return c;
  }

  private char unit() {
    long unit = EncodedForms.hex(json, at, 4);
    at += 4;
    return (char) Math.max(0, unit);
  }

  private @Nullable UUID uuid() {
    UUID id = EncodedForms.uuid(json, at);
    failed |= id == null;
    at += EncodedForms.UUID_BYTES;
    return id;
  }

  private @Nullable Instant time() {
    Instant time = forms.time(json, at);
    if (time != null) {
      at += EncodedForms.TIME_BYTES;
    } else {
      time = Instants.parse(text());
      failed |= time == null;
    }
    return time;
  }

  /** Any JSON, as {@link JsonReader#value} reads it. */
  private @Nullable Object value(int level) {
    return switch (next()) {
      case '"' -> text();
      case '{' -> object(level);
      case '[' -> array(level);
      case 't', 'f' -> bool();
      case 'n' -> {
        expect(NULL);
        yield null;
      }
      default -> {
        if (at == json.length) {
          failed = true;
          yield null;
        }
        yield NumberText.canonical(decimal());
      }
    };
  }

  private Map<String, @Nullable Object> object(int level) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    at++;
    failed |= level > MAX_LEVELS;
    if (!failed && !skip('}')) {
      do {
        failed |= next() != '"';
        String key = failed ? "" : text();
        failed |= !skip(':');
        object.put(key, failed ? null : value(level + 1));
      } while (!failed && skip(','));
      failed |= !skip('}');
    }
    return object;
  }

  private List<@Nullable Object> array(int level) {
    List<@Nullable Object> array = new ArrayList<>();
    at++;
    failed |= level > MAX_LEVELS;
    if (!failed && !skip(']')) {
      do {
        array.add(value(level + 1));
      } while (!failed && skip(','));
      failed |= !skip(']');
    }
    return array;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
