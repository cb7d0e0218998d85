package io.llmlog.testkit;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/**
 * Where a test's server comes from. Without {@code LLMLOG_TEST_SERVERS} the first that is to be
 * had: the URL in the environment, a container, the binary among the Maven artifacts.
 */
enum ServerMode {
  /** A server that runs already, named by a URL in the environment. */
  URL,
  /** A container by Testcontainers. */
  CONTAINERS,
  /** A binary that comes as a Maven artifact. */
  EMBEDDED;

  /** The variable that forces one way. */
  static final String VARIABLE = "LLMLOG_TEST_SERVERS";

  /**
   * Chooses the way.
   *
   * @param urlVariable the variable that names a running server, such as {@code
   *     LLMLOG_TEST_REDIS_URL}
   * @throws IllegalStateException if the forced way is none, or is {@code url} without a URL
   */
  static ServerMode choose(Map<String, String> environment, String urlVariable) {
    String forced = environment.get(VARIABLE);
    boolean hasUrl = !nullToEmpty(environment.get(urlVariable)).isEmpty();
    if (forced == null || forced.isEmpty()) {
      if (hasUrl) {
        return URL;
      }
      return DockerClientFactory.instance().isDockerAvailable() ? CONTAINERS : EMBEDDED;
    }
    for (ServerMode mode : values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(forced)) {
        if (mode == URL && !hasUrl) {
          throw new IllegalStateException(VARIABLE + "=url needs " + urlVariable);
        }
        return mode;
      }
    }
    throw new IllegalStateException(
        VARIABLE + "=" + forced + ": must be url, containers or embedded");
  }

  private static String nullToEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
