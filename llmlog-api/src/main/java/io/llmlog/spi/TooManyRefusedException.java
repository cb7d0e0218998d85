package io.llmlog.spi;

import org.jspecify.annotations.Nullable;

/**
 * The store refuses so many rows of a batch that the fault is hardly with the rows. Nothing of the
 * batch is stored; a person mends the cause, or accepts that the refused become dead letters.
 */
public final class TooManyRefusedException extends WriteException {
  public TooManyRefusedException(String message) {
    this(message, null);
  }

  /**
   * @param sqlState of one of the refusals, or null
   */
  public TooManyRefusedException(String message, @Nullable String sqlState) {
    super(Kind.PAUSE, message, null, sqlState);
  }
}
