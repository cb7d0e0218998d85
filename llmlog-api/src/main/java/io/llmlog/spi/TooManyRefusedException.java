package io.llmlog.spi;

/**
 * The store refuses so many rows of a batch that the fault is hardly with the rows. Nothing of the
 * batch is stored; a person mends the cause, or accepts that the refused become dead letters.
 */
public final class TooManyRefusedException extends WriteException {
  public TooManyRefusedException(String message) {
    super(Kind.PAUSE, message, null);
  }
}
