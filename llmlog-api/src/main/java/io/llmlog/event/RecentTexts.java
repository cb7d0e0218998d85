package io.llmlog.event;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Members of messages as they were written before: a service says the same few actions, models and
 * providers again and again, and copying such a text is a fraction of looking at each character.
 *
 * <p>A few short texts for each label, by its {@link Places place}, are kept. Any thread may
 * replace an entry at any time, which never changes by itself; a race costs a text its place, no
 * more.
 */
final class RecentTexts {
  /** The most that a member may take, key included, to be kept. */
  static final int MAX_BYTES = 72;

  private static final int PER_LABEL = 4;

  /**
   * A text without a place gets one at each so many attempts: values that alternate keep theirs.
   */
  private static final int RELUCTANCE = 16;

  private static final class Entry {
    private final String text;
    private final byte[] member;

    Entry(String text, byte[] member) {
      this.text = text;
      this.member = member;
    }
  }

  private final @Nullable Entry[] entries = new @Nullable Entry[Places.LABELS * PER_LABEL];

  private int attempts;

  /**
   * Writes the member, key included, to a place that has room for {@link #MAX_BYTES}.
   *
   * @return where it ends, or {@link Scalars#NONE}
   */
  int put(byte[] to, int at, int label, String text) {
    Entry entry = entries[place(label, text)];
    if (entry == null || !entry.text.equals(text)) {
      return Scalars.NONE;
    }
    byte[] member = entry.member;
    System.arraycopy(member, 0, to, at, member.length);
    return at + member.length;
  }

  /** Keeps, perhaps, the member that stands in the bytes. */
  void keep(int label, String text, byte[] bytes, int from, int to) {
    int place = place(label, text);
    if (to - from <= MAX_BYTES && (entries[place] == null || ++attempts % RELUCTANCE == 0)) {
      entries[place] = new Entry(text, Arrays.copyOfRange(bytes, from, to));
    }
  }

  private static int place(int label, String text) {
    return label * PER_LABEL + text.length() % PER_LABEL;
  }
}
