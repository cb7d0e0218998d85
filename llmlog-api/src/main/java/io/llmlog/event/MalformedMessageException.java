package io.llmlog.event;

/** A message that can never become a row; its text says why, for a person, without the content. */
public final class MalformedMessageException extends Exception {
  public MalformedMessageException(String reason) {
    super(reason);
  }
}
