package io.llmlog.spi;

import java.time.Duration;
import java.util.Set;

/**
 * A kind of queue, found by {@link java.util.ServiceLoader} and chosen by the scheme of its URL.
 *
 * <p>No method connects or does other I/O. Each throws {@link IllegalArgumentException} for a URL
 * that it cannot use; the text says what is wrong with it and what is allowed, and shows no
 * password.
 */
public interface QueueProvider {
  /** The schemes it serves, in lower case: {@code redis}, {@code rediss}. */
  Set<String> schemes();

  EventSender sender(QueueSettings settings);

  /**
   * @param lease how long a worker may be silent before others take over what it claimed
   */
  EventSource source(QueueSettings settings, Duration lease);

  QueueInspector inspector(QueueSettings settings);

  /**
   * @param url the queue's URL
   * @param queue the name of the queue, as {@code LLMLOG_QUEUE} allows it
   */
  record QueueSettings(String url, String queue) {
    /** The queue's name alone: a URL may hold a password. */
    @Override
    public String toString() {
      return "QueueSettings[" + queue + "]";
    }
  }
}
