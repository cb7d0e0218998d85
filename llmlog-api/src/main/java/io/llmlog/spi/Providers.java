package io.llmlog.spi;

import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Finds the plug-in that a URL asks for, among the jars on the class path. */
public final class Providers {
  /** Where the plug-ins of known schemes come from, to say which one is missing. */
  private static final Map<String, String> ARTIFACTS =
      Map.of(
          "redis", "io.llmlog:llmlog-redis",
          "rediss", "io.llmlog:llmlog-redis",
          "postgresql", "io.llmlog:llmlog-jdbc",
          "postgres", "io.llmlog:llmlog-jdbc",
          "jdbc:postgresql", "io.llmlog:llmlog-jdbc");

  private Providers() {}

  /** The scheme is a known one, and its jar is not on the class path; the text names it. */
  public static final class MissingArtifactException extends IllegalArgumentException {
    MissingArtifactException(String message) {
      super(message);
    }
  }

  /**
   * The queue for a URL.
   *
   * @throws MissingArtifactException if the jar that serves its scheme is not on the class path
   * @throws IllegalArgumentException if the scheme is unknown
   */
  public static QueueProvider queue(String url) {
    return find(url, QueueProvider.class, QueueProvider::schemes);
  }

  /**
   * The store for a URL.
   *
   * @throws MissingArtifactException if the jar that serves its scheme is not on the class path
   * @throws IllegalArgumentException if the scheme is unknown
   */
  public static StoreProvider store(String url) {
    return find(url, StoreProvider.class, StoreProvider::schemes);
  }

  private static <P> P find(String url, Class<P> type, Function<P, Set<String>> schemes) {
    String scheme = scheme(url);
    Set<String> served = new TreeSet<>();
    for (P provider : ServiceLoader.load(type, type.getClassLoader())) {
      if (schemes.apply(provider).contains(scheme)) {
        return provider;
      }
      served.addAll(schemes.apply(provider));
    }
    String artifact = ARTIFACTS.get(scheme);
    if (artifact != null) {
      throw new MissingArtifactException(
          "the scheme '" + scheme + "' needs " + artifact + " on the class path");
    }
    throw new IllegalArgumentException(
        "the scheme '" + scheme + "' is unknown; must be one of " + served);
  }

  /**
   * The scheme in lower case: {@code jdbc:postgresql} of a JDBC URL, {@code postgresql} of {@code
   * postgresql+psycopg2://}, since what follows the plus names a driver of other languages.
   */
  private static String scheme(String url) {
    String lower = url.toLowerCase(Locale.ROOT);
    int from = lower.startsWith("jdbc:") ? "jdbc:".length() : 0;
    int colon = lower.indexOf(':', from);
    String scheme = colon < 0 ? lower : lower.substring(0, colon);
    int plus = scheme.indexOf('+');
    return plus < 0 ? scheme : scheme.substring(0, plus);
  }
}
