package io.llmlog.spool;

import io.llmlog.retry.ThrottledLog;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings what is written to the disk, when the policy says so, and into another file where that
 * fails. For the spool's thread.
 *
 * <p>After a failed force the system may have thrown the bytes away, and reports success the next
 * time: so a file is never forced again. Its copy is forced and then takes its name in one step. A
 * process that is killed at any moment leaves one of the two, whole, and acknowledged as far as it
 * was.
 */
final class Forcing {
  /** How much is copied at a time while callers wait. */
  private static final int CHUNK = 256 << 10;

  private final SpoolMonitor monitor;
  private final SegmentChain chain;
  private final SpoolFiles files;
  private final SyncPolicy sync;
  private final ThrottledLog log;
  private final RetryPause pause = new RetryPause();
  private boolean due;
  private long dueAt;

  Forcing(
      SpoolMonitor monitor,
      SegmentChain chain,
      SpoolFiles files,
      SyncPolicy sync,
      ThrottledLog log) {
    this.monitor = monitor;
    this.chain = chain;
    this.files = files;
    this.sync = sync;
    this.log = log;
  }

  /** Does what is due; answers whether that was anything. */
  boolean work() {
    boolean worked = isDue() && forceWritten();
    return mend() || worked;
  }

  private boolean isDue() {
    if (sync.isNever() || sync.isAlways()) {
      return sync.isAlways();
    }
    long now = System.nanoTime();
    if (!due && monitor.in(() -> monitor.dirty)) {
      due = true;
      dueAt = now + sync.nanos();
    }
    if (!due || now - dueAt < 0) {
      return false;
    }
    due = false;
    return true;
  }

  private boolean forceWritten() {
    List<Segment> segments =
        monitor.in(
            () -> {
              // Whatever is written from now on needs another one.
              monitor.dirty = false;
              return chain.own();
            });
    boolean any = false;
    for (Segment segment : segments) {
      any |= !segment.broken && force(segment);
      if (segment.broken) {
        // Later ones wait, so that events settle in their order.
        return any;
      }
    }
    return any;
  }

  private boolean force(Segment segment) {
    int from = segment.forcedOffset;
    int to = monitor.in(() -> begin(segment));
    if (from == to) {
      return false;
    }
    try {
      files.force(segment.bytes, from, to - from);
    } catch (IOException e) {
      monitor.run(() -> broke(segment));
      log.failed(
          segment.path
              + " cannot be forced to disk, its events move to a new file: "
              + e.getMessage());
      return true;
    }
    monitor.run(() -> settled(segment, to));
    return true;
  }

  /** Answers how far there is something to force. */
  private static int begin(Segment segment) {
    if (segment.gone) {
      return segment.forcedOffset;
    }
    segment.settling.take(segment.unsettled);
    segment.settlingTo = segment.writeOffset;
    return segment.writeOffset;
  }

  private void settled(Segment segment, int to) {
    segment.forcedOffset = to;
    chain.settled(segment);
    segment.settlingTo = 0;
    chain.retireDone();
    monitor.settled(chain.pending());
  }

  private static void failed(Segment segment) {
    segment.unsettled.take(segment.settling);
    segment.settlingTo = 0;
  }

  private void broke(Segment segment) {
    failed(segment);
    segment.broken = true;
    chain.seal(segment);
    chain.retireDone();
  }

  /** Moves one segment whose force failed; answers whether it tried. */
  private boolean mend() {
    Segment broken = monitor.in(this::firstBroken);
    if (broken == null) {
      pause.succeeded();
      return false;
    }
    if (!pause.isOver()) {
      return false;
    }
    try {
      moveToCopy(broken);
      pause.succeeded();
      log.succeeded(broken.path + " is on disk again");
    } catch (IOException | RuntimeException | Error e) {
      pause.failed();
      monitor.run(() -> failedToMend(broken, e));
      log.failed(broken.path + " cannot be moved to a new file: " + e);
    }
    return true;
  }

  private void moveToCopy(Segment broken) throws IOException {
    Path unfinished = SpoolDirectory.unfinished(broken.path);
    try {
      MappedByteBuffer copy = files.create(unfinished, broken.writeOffset);
      copy(broken, copy);
      int to = monitor.in(() -> begin(broken));
      if (!sync.isNever()) {
        files.force(copy, 0, to);
      }
      files.replace(unfinished, broken.path);
      monitor.run(
          () -> {
            chain.addBytes(-broken.takeCopy());
            monitor.roomChanged();
          });
      if (!sync.isNever()) {
        files.forceDirectory(broken.home.path);
      }
      monitor.run(
          () -> {
            broken.broken = false;
            settled(broken, to);
            // Those behind it have waited.
            monitor.dirty = true;
          });
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private @Nullable Segment firstBroken() {
    for (Segment segment : chain.own()) {
      if (segment.broken) {
        return segment;
      }
    }
    return null;
  }

  /** In pieces, since callers wait meanwhile; what changes behind is written to both. */
  private void copy(Segment broken, MappedByteBuffer copy) {
    monitor.run(() -> broken.copy = copy);
    for (int from = 0; from < broken.writeOffset; from += CHUNK) {
      int at = from;
      int length = Math.min(CHUNK, broken.writeOffset - at);
      monitor.run(() -> copy.put(at, broken.bytes, at, length));
    }
  }

  private void failedToMend(Segment broken, Throwable e) {
    if (e instanceof InternalError && broken.copy != null) {
      // Its bytes cannot be read. The consumer finds that out too, and counts what is lost.
      broken.broken = false;
      broken.gone = true;
      monitor.dirty = true;
    }
    broken.copy = null;
    failed(broken);
  }

  /** What can still be done when the spool is closed, until something fails. */
  void finish() {
    do {
      if (!sync.isNever()) {
        forceWritten();
      }
      pause.succeeded();
    } while (mend() && !pause.isOn());
    if (sync.isNever()) {
      return;
    }
    for (Segment segment : monitor.in(chain::own)) {
      if (!segment.broken) {
        force(segment);
      }
    }
  }

  /** When it should be called again although nobody wakes the thread. */
  long nanosToNext() {
    long force = due ? dueAt - System.nanoTime() : Long.MAX_VALUE;
    return pause.isOn() ? Math.max(1, Math.min(force, pause.nanosLeft())) : force;
  }
}
