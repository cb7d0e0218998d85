package io.llmlog.delivery;

import java.util.List;

/** Why events are refused or dropped, in the words of the ledger. */
public final class Reasons {
  /** The logger is off. */
  public static final String DISABLED = "disabled";

  /** {@code log(null)}. */
  public static final String NO_EVENT = "no_event";

  /** A value of the event could not be encoded. */
  public static final String ENCODING = "encoding";

  /** The logger is closed. */
  public static final String CLOSED = "closed";

  static final String BUFFER_FULL = "buffer_full";

  /** The caller was interrupted while it waited for room. */
  static final String INTERRUPTED = "interrupted";

  /** The JVM had no memory for one more event. */
  static final String NO_MEMORY = "no_memory";

  static final String SPOOL_FULL = "spool_full";
  static final String SPOOL_SLOW = "spool_slow";
  static final String SPOOL_FAILED = "spool_failed";

  /** The end of the logger came before any road, or the spool, had the event. */
  static final String CLOSE_TIMEOUT = "close_timeout";

  /** Bytes of events in the spool became unreadable while the process ran. */
  static final String SPOOL_DAMAGED = "spool_damaged";

  /** All keys of {@link LedgerSnapshot#refusedBy()}. */
  public static final List<String> OF_REFUSALS =
      List.of(
          DISABLED,
          NO_EVENT,
          ENCODING,
          CLOSED,
          BUFFER_FULL,
          INTERRUPTED,
          NO_MEMORY,
          SPOOL_FULL,
          SPOOL_SLOW,
          SPOOL_FAILED);

  /** All keys of {@link LedgerSnapshot#droppedBy()}. */
  public static final List<String> OF_DROPS = List.of(CLOSE_TIMEOUT, SPOOL_DAMAGED);

  private Reasons() {}
}
