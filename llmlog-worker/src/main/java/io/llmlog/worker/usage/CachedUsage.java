package io.llmlog.worker.usage;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Answers that are kept for some seconds. Of several threads that ask the same at once, the first
 * asks the database, in its own time, and the others wait for it. A failure is told to those who
 * waited and not kept. Safe for use by several threads at once.
 *
 * <p>Questions are the same if all of them is: who asks about "the last day" does well to begin it
 * at a whole minute, or better a whole hour, which the rollup answers alone.
 */
public final class CachedUsage {
  /** How long an answer is kept unless said: long enough for a page, too short to be noticed. */
  public static final Duration UNLESS_SAID = Duration.ofSeconds(5);

  /** Some tens of megabytes: a group with its latencies takes about 1 kB. */
  private static final long MOST_GROUPS = 50_000;

  /** What is asked where no answer is kept; {@link UsageQueries#ask} in production. */
  @FunctionalInterface
  public interface Source {
    /**
     * As {@link UsageQueries#ask}.
     *
     * @throws UsageException if there is no answer
     */
    UsageAnswer ask(UsageQuery question) throws UsageException;
  }

  private final Source source;
  private final AsyncCache<UsageQuery, Outcome> outcomes;

  public CachedUsage(UsageQueries queries) {
    this(queries::ask, UNLESS_SAID, Ticker.systemTicker());
  }

  /**
   * @param kept how long an answer is kept, counted from when it came
   * @param ticker the time, in nanoseconds
   */
  CachedUsage(Source source, Duration kept, Ticker ticker) {
    this.source = source;
    this.outcomes =
        Caffeine.newBuilder()
            .expireAfterWrite(kept)
            .maximumWeight(MOST_GROUPS)
            .weigher((UsageQuery question, Outcome outcome) -> outcome.weight())
            .ticker(ticker)
            // Cleaning up is short; a thread of its own is not worth it.
            .executor(Runnable::run)
            .buildAsync();
  }

  /**
   * Answers a question, perhaps with what was so some seconds ago.
   *
   * @throws IllegalArgumentException as {@link UsageQueries#ask}
   * @throws UsageException as {@link UsageQueries#ask}
   * @throws InterruptedException if interrupted while another thread asks
   */
  public UsageAnswer ask(UsageQuery question) throws UsageException, InterruptedException {
    CompletableFuture<Outcome> mine = new CompletableFuture<>();
    CompletableFuture<Outcome> shared = outcomes.get(question, (key, executor) -> mine);
    if (shared == mine) {
      try {
        mine.complete(new Outcome(source.ask(question), null));
      } catch (UsageException | RuntimeException | Error e) {
        outcomes.asMap().remove(question, mine);
        mine.complete(new Outcome(null, e));
      }
    }
    try {
      return shared.get().answer();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Of one question; one of the two is null. The cache would log a future that fails, each time and
   * with its trace.
   */
  private record Outcome(@Nullable UsageAnswer found, @Nullable Throwable failure) {
    int weight() {
      return found == null ? 1 : 1 + found.groups().size();
    }

    /** Each thread throws an exception of its own, or their traces would be mixed up. */
    UsageAnswer answer() throws UsageException {
      if (found != null) {
        return found;
      }
      if (failure instanceof UsageException usage) {
        throw new UsageException(usage.getMessage(), usage);
      }
      if (failure instanceof IllegalArgumentException) {
        throw new IllegalArgumentException(failure.getMessage(), failure);
      }
      throw new IllegalStateException(failure);
    }
  }
}
