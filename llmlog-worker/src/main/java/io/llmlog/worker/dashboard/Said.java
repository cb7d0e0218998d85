package io.llmlog.worker.dashboard;

/** What a stranger said, made fit to be said again: in an answer or in a line of the log. */
final class Said {
  private static final int SHOWN = 60;

  private Said() {}

  /** Between quotes, shortened, and without what is not printed. */
  static String quoted(String text) {
    int length = text.codePointCount(0, text.length());
    String begin = length <= SHOWN ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN));
    // Controls, what turns or hides text, lone surrogates, separators of lines, quotes.
    String shown = begin.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}\"]", "?");
    return '"' + shown + (length <= SHOWN ? "\"" : "…\" (" + length + " characters)");
  }
}
