/**
 * Events on the local disk: a queue in files that outlives its process.
 *
 * <p>The road of an event: a caller's {@link io.llmlog.spool.Spool#append} writes it as a {@code
 * Frame} into the mapped {@code Segment} at the end of the {@code SegmentChain}; the publisher's
 * {@link io.llmlog.spool.Spool#peek} reads it at the head, and {@link io.llmlog.spool.Spool#remove}
 * moves the segment's ack offset past it. All that touches files (making segments, forcing them,
 * deleting them) is done by the one {@code SpoolThread}, through {@code SpoolFiles}.
 *
 * <p>Each spool owns a {@code SpoolDirectory}, a locked subdirectory of the {@code SpoolRoot}. What
 * dead processes left is claimed by {@code Adoption} when a spool is opened, read by {@code
 * FrameScan}, and delivered from where it lies. Damaged files end in the root's quarantine.
 */
@NullMarked
package io.llmlog.spool;

import org.jspecify.annotations.NullMarked;
