package io.llmlog.event;

import java.nio.charset.StandardCharsets;

/**
 * What stands in front of the value of each column, by its {@link Places place}: a comma, the key
 * in quotes and a colon. The comma of the first becomes the bracket of the object.
 */
final class MemberKeys {
  private static final int WORDS = 3;

  /** The most that {@link #put} writes, whatever the length of the key. */
  static final int MAX_BYTES = WORDS * Long.BYTES;

  private static final byte[][] KEYS = new byte[Places.COUNT][];

  /** The same, in words of eight characters, as many as the longest key but of a label has. */
  private static final long[] KEY_WORDS = new long[Places.COUNT * WORDS];

  /** The lengths, side by side: a thread that was asleep has few of them at hand. */
  private static final byte[] LENGTHS = new byte[Places.COUNT];

  static {
    for (int place = 0; place < Places.COUNT; place++) {
      String text = ",\"" + Places.column(place).key() + "\":";
      byte[] key = text.getBytes(StandardCharsets.US_ASCII);
      KEYS[place] = key;
      LENGTHS[place] = (byte) key.length;
      for (int i = 0; i < WORDS; i++) {
        KEY_WORDS[place * WORDS + i] = Digits.of(key, i * Long.BYTES);
      }
    }
  }

  private MemberKeys() {}

  /** The key of any column. */
  static byte[] of(int place) {
    return KEYS[place];
  }

  /**
   * Writes the key of any column but a label.
   *
   * @param to has room for {@link #MAX_BYTES}
   * @return where the value begins
   */
  static int put(byte[] to, int at, int place) {
    int word = place * WORDS;
    Digits.put(to, at, KEY_WORDS[word]);
    Digits.put(to, at + 8, KEY_WORDS[word + 1]);
    Digits.put(to, at + 16, KEY_WORDS[word + 2]);
    return at + LENGTHS[place];
  }
}
