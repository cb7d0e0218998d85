package io.llmlog.spool;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

  final SpoolMonitor monitor;
  final SegmentChain chain;
  private final SpoolThread thread;
  private final SpoolWriter writer;
  private final SpoolReader reader;
  private final long maxBytes;

  private Spool(
      SpoolMonitor monitor,
      SegmentChain chain,
      SpoolThread thread,
      SpoolWriter writer,
      long maxBytes) {
    this.monitor = monitor;
    this.chain = chain;
    this.thread = thread;
    this.writer = writer;
    this.reader = new SpoolReader(monitor, chain);
    this.maxBytes = maxBytes;
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
    SpoolMonitor monitor = new SpoolMonitor();
    SegmentChain chain = new SegmentChain(options);
    SpoolThread thread = new SpoolThread(monitor, chain, options.sync(), directory, files);
    long salt = thread.start();
    SpoolWriter writer = new SpoolWriter(monitor, chain, options.sync(), salt);
    return new Spool(monitor, chain, thread, writer, options.maxBytes());
  }

  /** As {@link #append(byte[], long, long)}, without waiting for space below the size limit. */
  public AppendResult append(byte[] event, long maxWaitNanos) {
    return append(event, maxWaitNanos, 0);
  }

  /** As {@link #append(byte[], int, long, long)}, of an event that has all of the array. */
  public AppendResult append(byte[] event, long maxWaitNanos, long maxRoomNanos) {
    return append(event, event.length, maxWaitNanos, maxRoomNanos);
  }

  /**
   * Writes one event. From any thread; allocates nothing, and as a rule waits for nothing. An
   * interrupt does not end a wait, and stays set.
   *
   * @param buffer begins with its bytes, and is the caller's again afterwards; what stands behind
   *     them may be overwritten
   * @param length how many they are, at least one
   * @param maxWaitNanos how long to wait for the disk: for a new segment, and with {@link
   *     SyncPolicy#always()} for the force
   * @param maxRoomNanos how long to wait where the size limit is reached or the disk refuses
   */
  public AppendResult append(byte[] buffer, int length, long maxWaitNanos, long maxRoomNanos) {
    return writer.append(buffer, length, maxWaitNanos, maxRoomNanos);
  }

  /**
   * From now on {@link #append} answers {@link AppendResult#CLOSED}, and {@link #await} does not
   * wait: the consumer may deliver what is there before the spool is closed.
   */
  public void endAppends() {
    monitor.lock.lock();
    try {
      monitor.endAppends();
    } finally {
      monitor.lock.unlock();
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
    return writer.appendAll(events, maxWaitNanos);
  }

  /**
   * The oldest events, up to a count and a size but at least one if there are any; they stay. Those
   * of dead processes come first, as far as they are read. One consumer thread only, also for
   * {@link #remove}.
   */
  public List<byte[]> peek(int maxCount, long maxBytes) {
    return reader.peek(maxCount, maxBytes);
  }

  /**
   * Acknowledges the oldest events of the last {@link #peek}: they are delivered. Ignored once the
   * spool is closed, whose successor will deliver them again.
   *
   * @throws IllegalArgumentException for more than the last peek answered
   */
  public void remove(int count) {
    reader.remove(count);
  }

  /**
   * Waits until so many events are pending. One consumer thread only.
   *
   * @return whether they are; also true after {@link #endAppends}
   */
  public boolean await(int count, long nanos) throws InterruptedException {
    monitor.lock.lockInterruptibly();
    try {
      monitor.awaitPending(chain, count, nanos);
      return chain.pending() >= count || monitor.noAppends;
    } finally {
      monitor.lock.unlock();
    }
  }

  /**
   * Waits until the events of dead processes are read and counted.
   *
   * @return whether they are
   */
  public boolean awaitAdoption(long nanos) throws InterruptedException {
    monitor.lock.lockInterruptibly();
    try {
      monitor.awaitAdoption(nanos);
      return !monitor.adopting;
    } finally {
      monitor.lock.unlock();
    }
  }

  /** Whether events of dead processes may still be added to those that are pending. */
  public boolean isAdopting() {
    return monitor.in(() -> monitor.adopting && !monitor.closed);
  }

  /** Events that are waiting: own ones, and those adopted so far. */
  public long pending() {
    return counts().pending();
  }

  /** The most that the files may take. */
  public long maxBytes() {
    return maxBytes;
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
    return monitor.in(chain::counts);
  }

  /**
   * Forces what is written, unless the policy is {@link SyncPolicy#never()}, unlocks all
   * subdirectories and removes empty ones. What is pending stays on disk for the next spool that is
   * opened. Idempotent; waits at most 5 s, also when the thread is interrupted.
   */
  @Override
  public void close() {
    monitor.run(monitor::close);
    if (!thread.awaitEnd(CLOSE)) {
      LOG.warn("The disk of the spool did not answer within {} of close()", CLOSE);
    }
  }
}
