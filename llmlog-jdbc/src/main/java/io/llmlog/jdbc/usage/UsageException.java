package io.llmlog.jdbc.usage;

import org.jspecify.annotations.Nullable;

/** A question has no answer; the text says why, for a person, and shows no secret. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1;

  public UsageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
