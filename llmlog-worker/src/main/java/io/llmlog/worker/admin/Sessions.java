package io.llmlog.worker.admin;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Who is logged in. In memory alone: a worker that starts anew asks for a new login. Safe for use
 * by several threads at once.
 */
final class Sessions {
  /** Without a request for so long a session ends; an open page asks all the time. */
  static final Duration IDLE = Duration.ofHours(1);

  /** It ends then at the latest, however busy it is. */
  static final Duration LONGEST = Duration.ofHours(12);

  /** Whoever can open one knows the token; the bound is against programs that never log out. */
  private static final int MOST = 1000;

  private final Ticker ticker;
  private final Cache<String, Session> sessions;

  Sessions() {
    this(Ticker.systemTicker());
  }

  Sessions(Ticker ticker) {
    this.ticker = ticker;
    this.sessions =
        Caffeine.newBuilder()
            .expireAfterAccess(IDLE)
            .maximumSize(MOST)
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  /**
   * One login.
   *
   * @param csrf what its actions must bring along, and no other site can know
   */
  record Session(String csrf, long since) {}

  /** Opens one and answers its id, which is nowhere else. */
  String open() {
    String id = Secret.random();
    sessions.put(Secret.fingerprint(id), new Session(Secret.random(), ticker.read()));
    return id;
  }

  /** The living session of an id, or null. */
  @Nullable Session find(String id) {
    String key = Secret.fingerprint(id);
    Session session = sessions.getIfPresent(key);
    if (session != null && ticker.read() - session.since() >= LONGEST.toNanos()) {
      sessions.invalidate(key);
      return null;
    }
    return session;
  }

  void end(String id) {
    sessions.invalidate(Secret.fingerprint(id));
  }
}
