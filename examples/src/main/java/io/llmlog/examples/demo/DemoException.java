package io.llmlog.examples.demo;

/** The demo cannot go on; the text says why, for a person. */
final class DemoException extends Exception {
  private static final long serialVersionUID = 1L;

  DemoException(String message) {
    super(message);
  }
}
