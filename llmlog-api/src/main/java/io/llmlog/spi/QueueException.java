package io.llmlog.spi;

import org.jspecify.annotations.Nullable;

/** The queue is away, slow, refuses, or its answer was lost. The text names no secret. */
public class QueueException extends Exception {
  public QueueException(String message) {
    super(message);
  }

  public QueueException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
