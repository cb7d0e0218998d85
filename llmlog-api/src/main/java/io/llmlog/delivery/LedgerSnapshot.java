package io.llmlog.delivery;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where every event went, at one moment. The sums always hold:
 *
 * <pre>
 * offered            = accepted + refused
 * accepted + adopted = queued + fallback + dropped + pending + spooled
 * </pre>
 *
 * @param offered calls of {@code log()}
 * @param accepted events that {@code log()} accepted
 * @param adopted events taken over from the spool of a dead process
 * @param queued events that the queue has
 * @param fallback events that the fallback stored
 * @param dropped accepted events that were given up
 * @param refused events that {@code log()} did not accept
 * @param pending events in memory
 * @param spooled events in the spool, not yet delivered
 * @param droppedBy the dropped ones by reason
 * @param refusedBy the refused ones by reason
 */
public record LedgerSnapshot(
    long offered,
    long accepted,
    long adopted,
    long queued,
    long fallback,
    long dropped,
    long refused,
    long pending,
    long spooled,
    Map<String, Long> droppedBy,
    Map<String, Long> refusedBy) {

  public LedgerSnapshot {
    droppedBy = Collections.unmodifiableMap(new TreeMap<>(droppedBy));
    refusedBy = Collections.unmodifiableMap(new TreeMap<>(refusedBy));
  }

  /** Whether both sums hold: anything else is a bug. */
  public boolean balances() {
    return offered == accepted + refused
        && accepted + adopted == queued + fallback + dropped + pending + spooled
        && dropped == sum(droppedBy)
        && refused == sum(refusedBy);
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
