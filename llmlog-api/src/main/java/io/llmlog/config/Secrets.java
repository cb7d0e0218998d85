package io.llmlog.config;

import java.util.regex.Pattern;

/** Masks passwords in the URLs that people write into configurations. */
public final class Secrets {
  private static final Pattern SCHEME = Pattern.compile("(?<=://)");
  private static final Pattern PARAMETER =
      Pattern.compile("(?i)([?&;](?:[a-z_]*password|[a-z_]*secret|token)=)[^&;#]*");

  private Secrets() {}

  /**
   * The text without passwords: {@code redis://user:***@host}. Where a URL is malformed it rather
   * masks too much: all between the first colon after the scheme and the last {@code @}.
   */
  public static String mask(String text) {
    String masked = PARAMETER.matcher(text).replaceAll("$1***");
    String[] parts = SCHEME.split(masked, 2);
    if (parts.length == 1) {
      return masked;
    }
    int at = parts[1].lastIndexOf('@');
    int colon = parts[1].indexOf(':');
    return at < 0 || colon < 0 || colon > at
        ? masked
        : parts[0] + parts[1].substring(0, colon) + ":***" + parts[1].substring(at);
  }
}
