package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.maintain.Partitions.Stuck;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a round of maintenance did, or would do. Immutable.
 *
 * @param at when the round was, by the clock that decided what is past retention
 * @param elsewhere whether another process was at it, so that this one did nothing but count
 * @param created new partitions, by name
 * @param moved rows that were moved out of a DEFAULT partition, by the partition they are in now
 * @param dropped partitions past retention, by name
 * @param deleted rows past retention that no partition holds, by table
 * @param partitions how many partitions there are, without DEFAULT, by table
 * @param defaultRows rows that stand in the DEFAULT partition, by table; each worth a warning
 * @param stuck what could not be done, to be tried again in the next round
 */
public record MaintenanceReport(
    Instant at,
    boolean elsewhere,
    List<String> created,
    Map<String, Long> moved,
    List<String> dropped,
    Map<String, Long> deleted,
    Map<String, Long> partitions,
    Map<String, Long> defaultRows,
    List<Stuck> stuck) {
  public MaintenanceReport {
    created = List.copyOf(created);
    moved = Collections.unmodifiableMap(new LinkedHashMap<>(moved));
    dropped = List.copyOf(dropped);
    deleted = Collections.unmodifiableMap(new LinkedHashMap<>(deleted));
    partitions = Collections.unmodifiableMap(new LinkedHashMap<>(partitions));
    defaultRows = Collections.unmodifiableMap(new LinkedHashMap<>(defaultRows));
    stuck = List.copyOf(stuck);
  }
}
