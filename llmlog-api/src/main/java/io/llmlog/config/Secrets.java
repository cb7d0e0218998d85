package io.llmlog.config;

import java.util.regex.Pattern;

/** Masks passwords in the URLs that people write into configurations. */
public final class Secrets {
  private static final Pattern SCHEME = Pattern.compile("(?<=://)");

  /**
   * A password may hold any character where a URL is malformed, so it ends only where the next
   * parameter begins. The words of libpq ({@code host=h password=…}) come with spaces.
   */
  private static final Pattern PARAMETER =
      Pattern.compile(
          "(?is)(^|[?&;\\s])([a-z_]*(?:password|passwd|secret|token)\\s*=).*?(?=[&;]\\w+=|$)");

  private Secrets() {}

  /**
   * The text without passwords: {@code redis://user:***@host}. Where a URL is malformed it rather
   * masks too much: all between the first colon after the scheme and the last {@code @}, a login
   * without a colon, and what stands in place of a port and is none.
   */
  public static String mask(String text) {
    String masked = PARAMETER.matcher(text).replaceAll("$1$2***");
    String[] parts = SCHEME.split(masked, 2);
    String scheme = parts.length == 1 ? "" : parts[0];
    String rest = parts[parts.length - 1];
    int at = rest.lastIndexOf('@');
    int colon = rest.indexOf(':');
    if (at < 0) {
      return scheme.isEmpty() ? masked : scheme + maskPort(rest);
    }
    // Without a scheme nobody knows which part is the user.
    boolean userIsKnown = !scheme.isEmpty() && colon >= 0 && colon < at;
    return scheme + (userIsKnown ? rest.substring(0, colon + 1) : "") + "***" + rest.substring(at);
  }

  /** In {@code redis://user:password} the host was forgotten, or the login meant as one. */
  private static String maskPort(String rest) {
    int colon = rest.startsWith("[") ? rest.indexOf(':', rest.indexOf(']') + 1) : rest.indexOf(':');
    int end = colon + 1;
    while (end < rest.length() && "0123456789,:+-".indexOf(rest.charAt(end)) >= 0) {
      end++;
    }
    boolean port = colon < 0 || end == rest.length() || "/?#".indexOf(rest.charAt(end)) >= 0;
    return port || rest.indexOf(',') >= 0 ? rest : rest.substring(0, colon + 1) + "***";
  }
}
