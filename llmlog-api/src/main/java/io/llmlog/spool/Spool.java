package io.llmlog.spool;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue of events on the local disk, for many writers and one reader.
 *
 * <p>An event for which {@link #append} answered {@link AppendResult#ACCEPTED} outlives its
 * process, and, as {@link SyncPolicy} says, its machine. It is delivered at least once: by this
 * process, or by one that adopts the subdirectory later. docs/SPOOL.md describes the files.
 *
 * <p>No method does I/O on the thread of its caller, and no interrupt breaks anything.
 */
public final class Spool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  /** How long {@link #close} waits for the disk. */
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private static final long LONGEST_WAIT = Duration.ofHours(1).toNanos();

  /** Longer events would overflow the size of a file. */
  private static final int MAX_EVENT = 1 << 30;

  final SpoolOptions options;
  final ReentrantLock lock = new ReentrantLock();
  final SegmentChain chain;

  /** For the spool's thread: there is something to do. */
  private final Condition work = lock.newCondition();

  /** For callers: a segment was made, or could not be, or space was freed. */
  private final Condition room = lock.newCondition();

  /** For callers: something is on disk now. */
  private final Condition settled = lock.newCondition();

  /** For the consumer: events arrived, or the adoption has ended. */
  private final Condition arrived = lock.newCondition();

  private final SpoolReader reader;
  private final CompletableFuture<SpoolDirectory> opened = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private final boolean always;
  private long salt;

  // Below: guarded by the lock.
  private boolean workWanted;
  private boolean adopting = true;
  private boolean closed;
  private boolean creationFails;

  /** Something is written since the last force began. */
  private boolean dirty;

  /** The largest frame that a caller waits to write. */
  private int wantedFrame;

  private int wakeAt = Integer.MAX_VALUE;

  private Spool(SpoolOptions options) {
    this.options = options;
    this.always = options.sync().isAlways();
    this.chain = new SegmentChain(options);
    this.reader = new SpoolReader(lock, chain);
  }

  /**
   * Locks a new subdirectory and takes over those of dead processes, whose events are read in the
   * background. Starts one daemon thread.
   *
   * @param directory exists and can be written; many spools and processes may share it
   * @throws SpoolException where the directory is missing, not writable or not a spool's
   */
  public static Spool open(Path directory, SpoolOptions options) {
    return open(directory, options, new SpoolFiles());
  }

  static Spool open(Path directory, SpoolOptions options, SpoolFiles files) {
    Spool spool = new Spool(options);
    Thread thread = new Thread(new SpoolThread(spool, directory, files), "llmlog-spool");
    thread.setDaemon(true);
    thread.start();
    try {
      spool.salt = spool.opened.join().salt;
      return spool;
    } catch (CompletionException e) {
      if (e.getCause() instanceof SpoolException refused) {
        throw refused;
      }
      throw e;
    }
  }

  /** As {@link #append(byte[], long, long)}, without waiting for space below the size limit. */
  public AppendResult append(byte[] event, long maxWaitNanos) {
    return append(event, maxWaitNanos, 0);
  }

  /**
   * Writes one event. From any thread; allocates nothing, and as a rule waits for nothing. An
   * interrupt does not end a wait, and stays set.
   *
   * @param event its bytes, at least one
   * @param maxWaitNanos how long to wait for the disk: for a new segment, and with {@link
   *     SyncPolicy#always()} for the force
   * @param maxRoomNanos how long to wait where the size limit is reached or the disk refuses
   */
  public AppendResult append(byte[] event, long maxWaitNanos, long maxRoomNanos) {
    int checksum = Frame.checksum(salt, event);
    lock.lock();
    try {
      long start = System.nanoTime();
      AppendResult result = awaitSegment(event.length, start, maxWaitNanos, maxRoomNanos);
      if (result != AppendResult.ACCEPTED) {
        return result;
      }
      Segment segment = chain.current();
      int offset = write(segment, event, checksum, false);
      if (offset < 0) {
        return AppendResult.FAILED;
      }
      if (!always || awaitForce(segment, offset, false, start, maxWaitNanos)) {
        return AppendResult.ACCEPTED;
      }
      return AppendResult.SLOW;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes events that were accepted elsewhere: moves them from memory to disk, in their order,
   * with one force for all of them where the policy is {@link SyncPolicy#always()}. From any
   * thread.
   *
   * @param maxWaitNanos how long to wait for the disk, for all of them together
   * @return how many are accepted: all, or the first ones
   */
  public int appendAll(List<byte[]> events, long maxWaitNanos) {
    long start = System.nanoTime();
    Segment[] segments = new Segment[events.size()];
    int[] offsets = new int[events.size()];
    int[] checksums = new int[events.size()];
    for (int i = 0; i < checksums.length; i++) {
      checksums[i] = Frame.checksum(salt, events.get(i));
    }
    int written = 0;
    lock.lock();
    try {
      while (written < segments.length) {
        byte[] event = events.get(written);
        if (awaitSegment(event.length, start, maxWaitNanos, 0) != AppendResult.ACCEPTED) {
          break;
        }
        Segment segment = chain.current();
        int offset = write(segment, event, checksums[written], true);
        if (offset < 0) {
          break;
        }
        segments[written] = segment;
        offsets[written++] = offset;
      }
      int accepted = 0;
      boolean all = true;
      for (int i = 0; i < written; i++) {
        // After one that came too late, those behind it are withdrawn, or the order would break.
        all = !always || awaitForce(segments[i], offsets[i], true, start, all ? maxWaitNanos : 0);
        accepted += all ? 1 : 0;
      }
      return accepted;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is a segment that the event fits. */
  private AppendResult awaitSegment(int length, long start, long maxWait, long maxRoom) {
    if (length == 0) {
      throw new IllegalArgumentException("an event without bytes");
    }
    if (length > MAX_EVENT) {
      return AppendResult.FULL;
    }
    int frame = Frame.sizeOf(length);
    while (!closed) {
      if (chain.makeWritable(frame)) {
        return AppendResult.ACCEPTED;
      }
      boolean full = chain.sizeToMake(frame) == 0;
      if (full) {
        chain.retireActive();
      } else {
        wantedFrame = Math.max(wantedFrame, frame);
      }
      wakeThread();
      long wait = full || creationFails ? maxRoom : maxWait;
      if (!awaitUninterrupted(room, start, wait)) {
        return full ? AppendResult.FULL : creationFails ? AppendResult.FAILED : AppendResult.SLOW;
      }
    }
    return AppendResult.CLOSED;
  }

  /** Writes; answers the offset, or -1 where the file has gone from under the mapping. */
  private int write(Segment segment, byte[] event, int checksum, boolean moved) {
    int offset;
    try {
      offset = segment.write(event, checksum);
    } catch (InternalError e) {
      chain.abandonActive();
      wakeThread();
      return -1;
    }
    if (always) {
      segment.unsettled.add(moved);
      wakeThread();
    } else {
      chain.accepted(segment, moved);
      if (!dirty) {
        dirty = true;
        wakeThread();
      }
      wakeConsumer();
    }
    return offset;
  }

  /** Waits until a frame is on disk; one that came too late is withdrawn. */
  private boolean awaitForce(
      Segment written, int offsetThere, boolean moved, long start, long maxWait) {
    Segment segment = written;
    int offset = offsetThere;
    while (true) {
      while (segment.successor != null) {
        offset += segment.shift;
        segment = segment.successor;
      }
      if (segment.forcedOffset > offset) {
        return true;
      }
      if (ended.isDone() || !awaitUninterrupted(settled, start, maxWait)) {
        while (segment.successor != null) {
          offset += segment.shift;
          segment = segment.successor;
        }
        if (segment.forcedOffset > offset) {
          return true;
        }
        segment.withdraw(offset, moved);
        if (chain.retireDone()) {
          wakeThread();
        }
        return false;
      }
    }
  }

  /** Waits for a signal; false once the time is over. The interrupt stays set, and does no harm. */
  private static boolean awaitUninterrupted(Condition condition, long start, long nanos) {
    boolean interrupted = false;
    try {
      while (true) {
        long left = Math.min(nanos, LONGEST_WAIT) - (System.nanoTime() - start);
        if (left <= 0) {
          return false;
        }
        try {
          // A caller looks again after any wake-up, as after a spurious one.
          return condition.awaitNanos(left) > 0 || System.nanoTime() - start < nanos;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * The oldest events, up to a count and a size but at least one if there are any; they stay. Those
   * of dead processes come first, as far as they are read. One consumer thread only, also for
   * {@link #remove}.
   */
  public List<byte[]> peek(int maxCount, long maxBytes) {
    return isClosed() ? List.of() : reader.peek(maxCount, maxBytes);
  }

  /**
   * Acknowledges the oldest events of the last {@link #peek}: they are delivered. Ignored once the
   * spool is closed, whose successor will deliver them again.
   *
   * @throws IllegalArgumentException for more than the last peek answered
   */
  public void remove(int count) {
    lock.lock();
    try {
      if (!closed) {
        reader.remove(count);
        if (chain.retireDone()) {
          wakeThread();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until so many events are pending. One consumer thread only.
   *
   * @return whether they are; also true when the spool is closed
   */
  public boolean await(int count, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (chain.pending() < count && !closed && left > 0) {
        wakeAt = count;
        left = arrived.awaitNanos(left);
      }
      return chain.pending() >= count || closed;
    } finally {
      wakeAt = Integer.MAX_VALUE;
      lock.unlock();
    }
  }

  /**
   * Waits until the events of dead processes are read and counted.
   *
   * @return whether they are
   */
  public boolean awaitAdoption(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (adopting && !closed && left > 0) {
        left = arrived.awaitNanos(left);
      }
      return !adopting;
    } finally {
      lock.unlock();
    }
  }

  /** Whether events of dead processes may still be added to those that are pending. */
  public boolean isAdopting() {
    lock.lock();
    try {
      return adopting && !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Events that are waiting: own ones, and those adopted so far. */
  public long pending() {
    return counts().pending();
  }

  /** Size of the files. */
  public long bytes() {
    return counts().bytes();
  }

  /** Events taken over from dead processes, so far: see {@link #awaitAdoption}. */
  public long adoptedEvents() {
    return counts().adopted();
  }

  /**
   * One consistent snapshot. Takes the lock of the spool and nothing else; so does {@link #remove}.
   * The spool calls nobody while it holds it, so both may be called under another lock.
   */
  public SpoolCounts counts() {
    lock.lock();
    try {
      return chain.counts();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Forces what is written, unless the policy is {@link SyncPolicy#never()}, unlocks all
   * subdirectories and removes empty ones. What is pending stays on disk for the next spool that is
   * opened. Idempotent; waits at most 5 s, also when the thread is interrupted.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      wakeThread();
      room.signalAll();
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
    Boolean inTime =
        ended.copy().completeOnTimeout(false, CLOSE.toSeconds(), TimeUnit.SECONDS).join();
    if (!inTime) {
      LOG.warn("The disk of the spool did not answer within {} of close()", CLOSE);
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void wakeThread() {
    workWanted = true;
    work.signal();
  }

  private void wakeConsumer() {
    if (chain.pending() >= wakeAt) {
      wakeAt = Integer.MAX_VALUE;
      arrived.signalAll();
    }
  }

  // What the spool's thread calls. With the lock held, but for the first two.

  void opened(SpoolDirectory own) {
    opened.complete(own);
  }

  void refused(SpoolException e) {
    opened.completeExceptionally(e);
    ended.complete(true);
  }

  /** Waits for work, or so long. */
  void awaitWork(long nanos) throws InterruptedException {
    long left = nanos;
    while (!workWanted && left > 0) {
      left = work.awaitNanos(left);
    }
    workWanted = false;
  }

  boolean closing() {
    return closed;
  }

  boolean isDirty() {
    return dirty;
  }

  /** Begins a force: whatever is written from now on needs another. */
  void clean() {
    dirty = false;
  }

  int wantedFrame() {
    return wantedFrame;
  }

  /** A segment was made. */
  void made() {
    wantedFrame = 0;
    creationFails = false;
    room.signalAll();
  }

  void creationFailed() {
    creationFails = true;
    room.signalAll();
  }

  void freed() {
    room.signalAll();
  }

  /** Segments were forced, replaced or adopted. */
  void settled() {
    settled.signalAll();
    wakeConsumer();
  }

  void adoptionEnded() {
    adopting = false;
    arrived.signalAll();
  }

  void ended() {
    ended.complete(true);
    settled.signalAll();
  }
}
