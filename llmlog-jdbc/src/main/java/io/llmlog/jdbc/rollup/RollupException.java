package io.llmlog.jdbc.rollup;

/** The rollup of an hour cannot be told from its rows, or not now; the text says which and why. */
public final class RollupException extends Exception {
  private static final long serialVersionUID = 1;

  RollupException(String message) {
    super(message);
  }

  RollupException(String message, Throwable cause) {
    super(message, cause);
  }
}
