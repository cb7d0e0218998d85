package io.llmlog.jdbc.maintain;

/** Something that needs a person, or another time; the message says what to them. */
final class StuckException extends Exception {
  StuckException(String reason) {
    super(reason);
  }
}
