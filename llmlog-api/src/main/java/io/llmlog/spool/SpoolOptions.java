package io.llmlog.spool;

/**
 * How a spool behaves.
 *
 * @param maxBytes the most that its files take, adopted ones included, quarantined ones not; 1 MiB
 *     to 1024 GiB
 * @param sync when it is forced to disk
 */
public record SpoolOptions(long maxBytes, SyncPolicy sync) {
  private static final long MIN = 1L << 20;
  private static final long MAX = 1L << 40;

  /** No segment is larger, but for one that holds a single event larger than this. */
  private static final int MAX_SEGMENT = 16 << 20;

  public SpoolOptions {
    if (maxBytes < MIN || maxBytes > MAX) {
      throw new IllegalArgumentException("maxBytes=" + maxBytes + ": must be 1 MiB to 1024 GiB");
    }
  }

  /** A sixteenth of the limit, so that a small spool frees its space in steps too. */
  int segmentBytes() {
    return (int) Math.min(MAX_SEGMENT, maxBytes / 16 & -4096L);
  }
}
