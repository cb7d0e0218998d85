package io.llmlog.event;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What messages begin with: all their {@link Column#LABELS}, as they stood together before. One
 * look and one copy in place of one for each column; {@link RecentTexts} has what is new together.
 *
 * <p>Any thread may replace an entry at any time, which never changes by itself; a race costs a
 * head its place, no more.
 */
final class RecentHeads {
  /** The most that a head may take to be kept. */
  static final int MAX_BYTES = 1_024;

  /** A power of two. */
  private static final int PLACES = 64;

  /** A head without a place gets one at each so many attempts, as in {@link RecentTexts}. */
  private static final int RELUCTANCE = 16;

  private static final class Head {
    private final @Nullable Object[] labels;
    private final byte[] members;

    Head(@Nullable Object[] labels, byte[] members) {
      this.labels = labels;
      this.members = members;
    }
  }

  private final @Nullable Head[] heads = new @Nullable Head[PLACES];
  private int attempts;

  /** The members of an event with these labels; null if they are not known. */
  byte @Nullable [] find(LlmEvent event) {
    Head head = heads[place(event)];
    return head != null && event.hasLabels(head.labels) ? head.members : null;
  }

  /** Keeps, perhaps, the members of the event's labels, with which the bytes begin. */
  void keep(LlmEvent event, byte[] bytes, int length) {
    int place = place(event);
    if (length <= MAX_BYTES && (heads[place] == null || ++attempts % RELUCTANCE == 0)) {
      heads[place] = new Head(event.labels(), Arrays.copyOf(bytes, length));
    }
  }

  /** By those that change most from call to call; an action, as a rule, knows its hash code. */
  private static int place(LlmEvent event) {
    int place =
        (event.hash(Places.ACTION) * 31 + event.length(Places.MODEL)) * 31
            + event.length(Places.FINISH_REASON);
    return (place ^ place >>> 16) & (PLACES - 1);
  }
}
