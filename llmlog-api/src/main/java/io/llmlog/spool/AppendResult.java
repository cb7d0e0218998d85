package io.llmlog.spool;

/** What became of an event that was offered to a {@link Spool}. */
public enum AppendResult {
  /** It is in the spool, as safe as the {@link SyncPolicy} says. */
  ACCEPTED,
  /** The size limit is reached. The event is not in the spool. */
  FULL,
  /** The disk took longer than the caller would wait. The event is not in the spool. */
  SLOW,
  /** The disk refuses: full, read-only or broken; the spool goes on trying. Not in the spool. */
  FAILED,
  /** The spool is closed. The event is not in it. */
  CLOSED
}
