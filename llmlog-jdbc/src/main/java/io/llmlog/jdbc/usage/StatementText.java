package io.llmlog.jdbc.usage;

import org.jspecify.annotations.Nullable;

/**
 * A statement as it may be shown: literals hold what calls said, and passwords. Strings, numbers
 * and comments are left out, white space is one space, and the end is cut.
 */
final class StatementText {
  private static final int SHOWN = 200;
  private static final String MORE = "…";

  private final String sql;
  private final StringBuilder shown = new StringBuilder();
  private int at;

  private StatementText(String sql) {
    this.sql = sql;
  }

  /** What is shown of a statement, which the server may have cut anywhere. */
  static String shown(String sql) {
    return new StatementText(sql).read();
  }

  private String read() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '\'') {
        // As in E'it\'s'; any other prefix leaves a backslash what it is.
        leaveOut(endOfString('\'', beginsEscapes()));
      } else if (c == '"') {
        int end = endOfString('"', false);
        shown.append(sql, at, end);
        at = end;
      } else if (c == '$' && dollarTag() != null) {
        String tag = String.valueOf(dollarTag());
        int end = sql.indexOf(tag, at + tag.length());
        leaveOut(end < 0 ? sql.length() : end + tag.length());
      } else if (sql.startsWith("--", at)) {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end;
      } else if (sql.startsWith("/*", at)) {
        at = endOfComment();
        shown.append(' ');
      } else if (isDigit(c) && !standsInAName()) {
        int end = at;
        while (end < sql.length() && isNumber(sql.charAt(end))) {
          end++;
        }
        leaveOut(end);
      } else {
        shown.append(c);
        at++;
      }
    }
    String text = shown.toString().replaceAll("[\\p{Cc}\\p{Cf}\\s]+", " ").strip();
    return text.codePointCount(0, text.length()) <= SHOWN
        ? text
        : text.substring(0, text.offsetByCodePoints(0, SHOWN)) + MORE;
  }

  private void leaveOut(int end) {
    shown.append('?');
    at = end;
  }

  private boolean beginsEscapes() {
    if (at == 0 || Character.toUpperCase(sql.charAt(at - 1)) != 'E') {
      return false;
    }
    return at == 1 || !isName(sql.charAt(at - 2));
  }

  private int endOfString(char quote, boolean escapes) {
    int end = at + 1;
    while (end < sql.length() && sql.charAt(end) != quote) {
      end += escapes && sql.charAt(end) == '\\' ? 2 : 1;
    }
    return Math.min(sql.length(), end + 1);
  }

  /** {@code $$} or {@code $name$}, or null where a parameter or a name stands here. */
  private @Nullable String dollarTag() {
    if (at > 0 && isName(sql.charAt(at - 1))) {
      return null;
    }
    int end = at + 1;
    while (end < sql.length() && isName(sql.charAt(end)) && sql.charAt(end) != '$') {
      end++;
    }
    boolean tag = end < sql.length() && sql.charAt(end) == '$';
    return tag && !isDigit(sql.charAt(at + 1)) ? sql.substring(at, end + 1) : null;
  }

  /** They nest. */
  private int endOfComment() {
    int depth = 0;
    int end = at;
    do {
      if (sql.startsWith("/*", end)) {
        depth++;
        end += 2;
      } else if (sql.startsWith("*/", end)) {
        depth--;
        end += 2;
      } else {
        end++;
      }
    } while (depth > 0 && end < sql.length());
    return Math.min(end, sql.length());
  }

  private boolean standsInAName() {
    return at > 0 && isName(sql.charAt(at - 1));
  }

  private static boolean isName(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNumber(char c) {
    return Character.isLetterOrDigit(c) || c == '.' || c == '_';
  }
}
