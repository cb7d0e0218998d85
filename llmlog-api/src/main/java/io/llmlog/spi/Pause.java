package io.llmlog.spi;

/** Whether a worker waits for a person, and for what, as {@link QueueInspector} shows it. */
public enum Pause {
  /** It does not wait. */
  NONE,
  /** Until the cause is mended: rights, schema or configuration of the store. */
  MEND,
  /**
   * The store refuses so many rows of the batch that the fault is hardly with the rows: until the
   * cause is mended, or {@linkplain QueueInspector#accept a person accepts} the loss.
   */
  REFUSED,
  /** A person has accepted; the worker writes the batch as soon as it hears of it. */
  ACCEPTED;

  /** Whether the worker gets no further without a person. */
  public boolean waits() {
    return this == MEND || this == REFUSED;
  }
}
