package io.llmlog.spi;

import java.time.Duration;
import java.time.temporal.TemporalAmount;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind of store, found by {@link java.util.ServiceLoader} and chosen by the scheme of its URL.
 *
 * <p>No method connects or does other I/O. Each throws {@link IllegalArgumentException} for a URL
 * that it cannot use; the text says what is wrong with it and what is allowed, and shows no
 * password.
 */
public interface StoreProvider {
  /** The schemes it serves, in lower case: {@code postgresql}, {@code jdbc:postgresql}. */
  Set<String> schemes();

  EventWriter writer(StoreSettings settings);

  /**
   * @param url the store's URL
   * @param schema the schema that holds the tables
   * @param retention how long rows live: what is older, less a day, is a dead letter
   * @param maxConnections the size of the writer's pool
   * @param timeout the longest that one statement may take, well under the worker's lease
   * @param contentRetention how long prompts and answers live: those of older events are not
   *     stored; null: none are
   */
  record StoreSettings(
      String url,
      String schema,
      TemporalAmount retention,
      int maxConnections,
      Duration timeout,
      @Nullable TemporalAmount contentRetention) {
    /** Settings of a writer that stores no prompts and answers. */
    public StoreSettings(
        String url, String schema, TemporalAmount retention, int maxConnections, Duration timeout) {
      this(url, schema, retention, maxConnections, timeout, null);
    }

    /** All but the URL, which may hold a password. */
    @Override
    public String toString() {
      return "StoreSettings[" + schema + ", " + retention + ", " + maxConnections + "]";
    }
  }
}
