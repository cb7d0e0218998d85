package io.llmlog.worker;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of the last round of maintenance. Immutable.
 *
 * @param at when it was
 * @param failure why nothing could be done, such as a database that is away; the rest is then that
 *     of the last round that was not so; null: it was done
 * @param elsewhere whether another process was at it, and this one only looked
 * @param partitions how many there are, without DEFAULT, by table
 * @param defaultRows rows in the DEFAULT partition, by table; more than none is worth an alarm
 * @param dropped partitions that this round dropped as past retention
 * @param deleted rows that this round deleted as past retention, by table
 * @param stuck what could not be done, with the reason; each is worth an alarm
 */
public record MaintenanceStatus(
    Instant at,
    @Nullable String failure,
    boolean elsewhere,
    Map<String, Long> partitions,
    Map<String, Long> defaultRows,
    List<String> dropped,
    Map<String, Long> deleted,
    List<String> stuck) {
  public MaintenanceStatus {
    partitions = Map.copyOf(partitions);
    defaultRows = Map.copyOf(defaultRows);
    dropped = List.copyOf(dropped);
    deleted = Map.copyOf(deleted);
    stuck = List.copyOf(stuck);
  }

  /** A round that failed after this one, or as the first one. */
  static MaintenanceStatus failed(@Nullable MaintenanceStatus before, Instant at, String why) {
    return before == null
        ? new MaintenanceStatus(at, why, false, Map.of(), Map.of(), List.of(), Map.of(), List.of())
        : new MaintenanceStatus(
            at,
            why,
            before.elsewhere,
            before.partitions,
            before.defaultRows,
            before.dropped,
            before.deleted,
            before.stuck);
  }
}
