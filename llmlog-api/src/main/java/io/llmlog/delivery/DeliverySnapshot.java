package io.llmlog.delivery;

import org.jspecify.annotations.Nullable;

/**
 * How the delivery of a logger stands at one moment: where every event went, how much room is in
 * use, and how its roads are.
 *
 * @param counts the ledger, consistent in itself
 * @param bufferBytes what the events in memory take
 * @param bufferMaxBytes the most that they may take
 * @param spoolBytes size of the spool's files, which are made ahead: a spool without any event has
 *     some, too
 * @param spoolMaxBytes the most that they may take; 0: there is no spool
 * @param queue the way to the queue; null: there is none
 * @param fallback the way straight to the store; null: there is none
 */
public record DeliverySnapshot(
    LedgerSnapshot counts,
    long bufferBytes,
    long bufferMaxBytes,
    long spoolBytes,
    long spoolMaxBytes,
    @Nullable RoadSnapshot queue,
    @Nullable RoadSnapshot fallback) {

  /** Of a logger that has neither buffer, spool nor roads. */
  public static DeliverySnapshot of(LedgerSnapshot counts) {
    return new DeliverySnapshot(counts, 0, 0, 0, 0, null, null);
  }
}
