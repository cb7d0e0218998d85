package io.llmlog.spool;

/** A directory that cannot be a spool; the message names its path and the reason. */
public final class SpoolException extends RuntimeException {
  SpoolException(String message) {
    super(message);
  }

  SpoolException(String message, Throwable cause) {
    super(message, cause);
  }
}
