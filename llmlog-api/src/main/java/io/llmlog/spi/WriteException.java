package io.llmlog.spi;

import org.jspecify.annotations.Nullable;

/** A batch could not be stored; it is kept. The text names the place, and no secret or value. */
public class WriteException extends Exception {
  /** What helps. */
  public enum Kind {
    /** Time: the store is away or busy, so the same batch is tried again with a growing pause. */
    RETRY,
    /** A person: rights, schema or configuration are wrong, so all is kept until that is mended. */
    PAUSE
  }

  private final Kind kind;

  public WriteException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
