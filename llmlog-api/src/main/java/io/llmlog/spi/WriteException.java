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
  private final @Nullable String sqlState;

  public WriteException(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, null);
  }

  /**
   * @param sqlState as {@link #sqlState()}
   */
  public WriteException(
      Kind kind, String message, @Nullable Throwable cause, @Nullable String sqlState) {
    super(message, cause);
    this.kind = kind;
    this.sqlState = sqlState;
  }

  public Kind kind() {
    return kind;
  }

  /** The SQLSTATE that the store gave, five characters; null where it gave none. */
  public @Nullable String sqlState() {
    return sqlState;
  }
}
