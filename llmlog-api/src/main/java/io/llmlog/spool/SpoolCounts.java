package io.llmlog.spool;

/**
 * A spool's own ledger at one moment: {@code appended + moved + adopted = removed + lost +
 * pending}.
 *
 * @param appended events accepted by {@link Spool#append}
 * @param moved events accepted by {@link Spool#appendAll}
 * @param adopted events found in the subdirectories of dead processes, so far
 * @param removed events acknowledged by {@link Spool#remove}
 * @param lost events counted before whose bytes were damaged under the running process
 * @param pending events waiting
 * @param bytes size of the files, adopted ones included, quarantined ones not
 * @param quarantined files set aside because of damage, by this process
 */
public record SpoolCounts(
    long appended,
    long moved,
    long adopted,
    long removed,
    long lost,
    long pending,
    long bytes,
    long quarantined) {}
