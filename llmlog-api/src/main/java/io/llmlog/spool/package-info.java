/**
 * Events on the local disk: a queue in files that outlives its process.
 *
 * <p>The road of an event: a caller's {@link io.llmlog.spool.Spool#append} has the {@code
 * SpoolWriter} put it as a {@code Frame} into the mapped {@code Segment} at the end of the {@code
 * SegmentChain}; the publisher's {@link io.llmlog.spool.Spool#peek} has the {@code SpoolReader}
 * read it at the head, and {@link io.llmlog.spool.Spool#remove} moves the segment's ack offset past
 * it. They meet in the {@code SpoolMonitor}, the one lock.
 *
 * <p>All that touches files is done by the one {@code SpoolThread}, through {@code SpoolFiles}. Its
 * {@code Housekeeping} has a {@code SegmentMaker} make segments ahead, {@code Forcing} bring them
 * to the disk, and deletes what is delivered.
 *
 * <p>Each spool owns a {@code SpoolDirectory}, a locked subdirectory of the {@code SpoolRoot}. What
 * dead processes left is claimed by {@code Adoption} when a spool is opened, read by {@code
 * FrameScan}, and delivered from where it lies. Damaged files end in the root's quarantine.
 */
@NullMarked
package io.llmlog.spool;

import org.jspecify.annotations.NullMarked;
