package io.llmlog.config;

import java.util.regex.Pattern;

/** Masks passwords in the URLs that people write into configurations. */
public final class Secrets {
  private static final Pattern PARAMETER =
      Pattern.compile("(?i)([?&;](?:[a-z_]*password|[a-z_]*secret|token)=)[^&]*");

  /** Hosts with ports. Anything else may be a login whose {@code @host} was forgotten. */
  private static final Pattern PLACES =
      Pattern.compile("(?:(?:\\[[^]]*]|[^:,\\[]*)(?::[0-9]{0,5})?(?:,|$))+");

  private Secrets() {}

  /**
   * The text without passwords: {@code redis://user:***@host}. Where a URL is malformed it rather
   * masks too much: all between the first colon after the scheme, or the scheme where there is
   * none, and the last {@code @}.
   */
  public static String mask(String text) {
    String masked = PARAMETER.matcher(text).replaceAll("$1***");
    int scheme = masked.indexOf("://");
    int start = scheme < 0 ? 0 : scheme + 3;
    int at = masked.lastIndexOf('@');
    int end = at < start ? endOfPlace(masked, start) : at;
    if (at < start && (scheme < 0 || PLACES.matcher(masked).region(start, end).matches())) {
      return masked;
    }
    int colon = masked.indexOf(':', start);
    boolean user = scheme >= 0 && colon >= 0 && colon < end;
    return masked.substring(0, user ? colon + 1 : start) + "***" + masked.substring(end);
  }

  private static int endOfPlace(String text, int start) {
    int end = start;
    while (end < text.length() && "/?#".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    return end;
  }
}
