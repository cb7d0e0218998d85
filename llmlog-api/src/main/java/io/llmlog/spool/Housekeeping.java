package io.llmlog.spool;

import io.llmlog.retry.ThrottledLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the spool's thread does, over and over: make segments, force them, delete what is delivered,
 * take over what dead processes left; and at the end, leave all in order for the next process.
 */
final class Housekeeping {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  /** How long callers have at the end to withdraw what did not reach the disk. */
  private static final long WITHDRAWAL_NANOS = Duration.ofSeconds(1).toNanos();

  private final SpoolMonitor monitor;
  private final SegmentChain chain;
  private final SpoolFiles files;
  private final boolean forces;
  private final SpoolRoot root;
  private final SpoolDirectory own;
  private final Adoption adoption;
  private final SegmentMaker maker;
  private final Forcing forcing;
  private final ThrottledLog throttled = new ThrottledLog(LOG);
  private boolean adopting = true;

  /** The own subdirectory is gone, or another's. */
  private boolean homeless;

  private Housekeeping(
      SpoolMonitor monitor,
      SegmentChain chain,
      SpoolFiles files,
      SyncPolicy sync,
      SpoolRoot root,
      SpoolDirectory own,
      Adoption adoption) {
    this.monitor = monitor;
    this.chain = chain;
    this.files = files;
    this.forces = !sync.isNever();
    this.root = root;
    this.own = own;
    this.adoption = adoption;
    this.maker = new SegmentMaker(monitor, chain, own, files, sync, throttled);
    this.forcing = new Forcing(monitor, chain, files, sync, throttled);
  }

  /** Claims what dead processes left, and makes a subdirectory. */
  static Housekeeping open(
      SpoolMonitor monitor, SegmentChain chain, SyncPolicy sync, Path path, SpoolFiles files)
      throws IOException {
    SpoolRoot root = SpoolRoot.open(path);
    Adoption adoption = new Adoption(root, files, sync);
    SpoolDirectory own = null;
    try {
      own = create(path, adoption);
      if (!sync.isNever()) {
        files.forceDirectory(path);
      }
    } catch (IOException | RuntimeException | Error e) {
      adoption.release();
      if (own != null) {
        own.removeAndRelease(files);
      }
      throw e;
    }
    monitor.run(() -> chain.claimed(adoption.bytes(), adoption.quarantined()));
    return new Housekeeping(monitor, chain, files, sync, root, own, adoption);
  }

  private static SpoolDirectory create(Path path, Adoption adoption) throws IOException {
    try {
      return SpoolDirectory.create(path);
    } catch (IOException e) {
      if (!adoption.makeRoom()) {
        throw e;
      }
      return SpoolDirectory.create(path);
    }
  }

  long salt() {
    return own.salt;
  }

  void untilClosed() {
    while (!monitor.in(() -> monitor.closed)) {
      try {
        boolean worked = restoreHome();
        worked |= maker.work();
        worked |= forcing.work();
        worked |= retire();
        worked |= adopt();
        if (!worked) {
          long nanos = Math.min(maker.nanosToNext(), forcing.nanosToNext());
          monitor.lock.lock();
          try {
            monitor.awaitWork(nanos);
          } finally {
            monitor.lock.unlock();
          }
        }
      } catch (Throwable e) {
        // Whatever it is must not end the thread: callers wait for it.
        throttled.failed("The spool in " + own.root() + " failed: " + e);
        LockSupport.parkNanos(RetryPause.NANOS);
      }
    }
    try {
      end();
    } catch (Throwable e) {
      LOG.warn("The spool in {} could not be closed in order: {}", own.root(), e.toString());
    }
  }

  /** Somebody removed the subdirectory: a kill would now lose what callers believe is safe. */
  private boolean restoreHome() throws IOException {
    if (!homeless && !own.isMissing()) {
      return false;
    }
    homeless = true;
    monitor.run(chain::breakOwn);
    try {
      own.restore();
      if (forces) {
        files.forceDirectory(own.root());
      }
    } catch (IOException | RuntimeException e) {
      monitor.run(
          () -> {
            // Until it is back nobody need wait for a segment.
            monitor.creationFails = true;
            monitor.roomChanged();
          });
      throw e;
    }
    homeless = false;
    LOG.warn("{} was removed: it was made again, and its events are written anew", own.path);
    return true;
  }

  /** Deletes what is delivered, or sets it aside where it was damaged. */
  private boolean retire() throws IOException {
    List<Segment> retired = monitor.in(chain::takeRetired);
    for (Segment segment : retired) {
      try {
        if (segment.damaged) {
          root.quarantine(files, segment.path);
        } else {
          files.discard(segment.path);
        }
        if (forces) {
          files.forceDirectory(segment.home.path);
        }
      } catch (IOException | RuntimeException | Error e) {
        // Whatever it is: those behind it must not count against the limit for ever.
        throttled.failed(segment.path + " is delivered and cannot be deleted: " + e);
      }
      freed(segment.capacity);
      leave(segment.home);
    }
    return !retired.isEmpty();
  }

  private void freed(long bytes) {
    monitor.run(
        () -> {
          chain.addBytes(-bytes);
          monitor.roomChanged();
        });
  }

  /** One segment of an adopted subdirectory is done with. */
  private void leave(SpoolDirectory home) {
    if (home != own && --home.segments == 0) {
      try {
        home.removeAndRelease(files);
      } catch (IOException e) {
        throttled.failed(home.path + " is delivered and cannot be removed: " + e);
      }
    }
  }

  /** Reads one segment that a dead process left. */
  private boolean adopt() {
    if (!adopting) {
      return false;
    }
    if (!adoption.hasNext()) {
      adopting = false;
      adoption.removeEmpty();
      monitor.run(monitor::adoptionEnded);
      long events = monitor.in(chain::counts).adopted();
      if (events > 0) {
        LOG.info("{} events were adopted from dead processes in {}", events, own.root());
      }
      return true;
    }
    Adoption.Read read = adoption.next();
    Segment segment = read.segment();
    if (read.quarantined()) {
      monitor.run(chain::addQuarantined);
    }
    if (segment == null) {
      freed(read.bytes());
      leave(read.home());
    } else {
      monitor.run(
          () -> {
            chain.addBytes(segment.capacity - read.bytes());
            chain.adopt(segment);
            monitor.wakeConsumer(chain.pending());
          });
    }
    return true;
  }

  private void end() throws IOException {
    try {
      try {
        restoreHome();
      } catch (IOException | RuntimeException e) {
        throttled.failed(own.path + " was removed and cannot be made again: " + e);
      }
      forcing.finish();
      Segment unused = monitor.in(chain::end);
      if (unused != null) {
        files.discard(unused.path);
      }
      refuseUnsettled();
      retire();
      for (Segment segment : monitor.in(chain::own)) {
        files.truncate(segment.path, segment.writeOffset);
      }
    } finally {
      try {
        own.removeAndRelease(files);
      } finally {
        adoption.release();
      }
    }
  }

  /** Lets callers withdraw what did not reach the disk, while nobody else can adopt it. */
  private void refuseUnsettled() {
    monitor.lock.lock();
    try {
      monitor.settlingOver = true;
      monitor.settled(chain.pending());
      long start = System.nanoTime();
      while (chain.hasUnsettled() && System.nanoTime() - start < WITHDRAWAL_NANOS) {
        monitor.awaitWork(WITHDRAWAL_NANOS);
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread; whoever does it has it end at once.
      Thread.currentThread().interrupt();
    } finally {
      monitor.lock.unlock();
    }
  }
}
