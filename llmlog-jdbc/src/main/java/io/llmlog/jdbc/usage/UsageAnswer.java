package io.llmlog.jdbc.usage;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a question. Groups and total are of one moment. Immutable.
 *
 * @param groups dearest first, those of unknown cost last, equals by their key
 * @param total of all calls that were asked about, those of groups beyond the limit too
 * @param from the first moment that was looked at, or null for all before: the question's, or the
 *     one that stood in where users were asked for without a range
 * @param to the first moment after, or null for all after
 * @param origin where it was read
 */
public record UsageAnswer(
    List<Usage> groups, Usage total, @Nullable Instant from, @Nullable Instant to, Origin origin) {
  public UsageAnswer {
    groups = List.copyOf(groups);
  }

  /** Who answered. */
  public enum Source {
    PRIMARY,
    REPLICA
  }

  /**
   * Where an answer comes from.
   *
   * @param lag how far it may be behind the primary, at most; zero from the primary; null where the
   *     replica does not know
   * @param fallback why the replica was not asked, for a person; null where it was, or there is
   *     none
   */
  public record Origin(Source source, @Nullable Duration lag, @Nullable String fallback) {}
}
