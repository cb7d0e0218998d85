package io.llmlog.delivery;

import java.util.Map;
import java.util.TreeMap;

/** Counts where every event went. Guarded by the lock of the {@link MemoryBuffer} that owns it. */
final class Ledger {
  private long accepted;
  private long queued;
  private final Map<String, Long> dropped = new TreeMap<>();
  private final Map<String, Long> refused = new TreeMap<>();

  void accepted() {
    accepted++;
  }

  void queued(long events) {
    queued += events;
  }

  void dropped(String reason, long events) {
    dropped.merge(reason, events, Long::sum);
  }

  void refused(String reason) {
    refused.merge(reason, 1L, Long::sum);
  }

  /** How many events have left memory, whichever way. */
  long done() {
    return queued + sum(dropped);
  }

  long acceptedSoFar() {
    return accepted;
  }

  LedgerSnapshot snapshot(long pending) {
    long refusedSum = sum(refused);
    return new LedgerSnapshot(
        accepted + refusedSum,
        accepted,
        0,
        queued,
        0,
        sum(dropped),
        refusedSum,
        pending,
        0,
        dropped,
        refused);
  }

  private static long sum(Map<String, Long> counts) {
    long sum = 0;
    for (long count : counts.values()) {
      sum += count;
    }
    return sum;
  }
}
