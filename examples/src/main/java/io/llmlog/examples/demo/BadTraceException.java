package io.llmlog.examples.demo;

/** A trace file is not what it should be; the text names file, line and what is allowed. */
final class BadTraceException extends Exception {
  private static final long serialVersionUID = 1L;

  BadTraceException(String message) {
    super(message);
  }
}
