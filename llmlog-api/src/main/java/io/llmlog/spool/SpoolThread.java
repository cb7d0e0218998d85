package io.llmlog.spool;

import io.llmlog.retry.ThrottledLog;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only thread that opens, forces, closes and deletes files. Ends with the spool. */
final class SpoolThread implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  /** How long a disk that refuses is left alone; short, since a full one may have room any time. */
  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();

  private static final long FOREVER = Long.MAX_VALUE;

  private final Spool spool;
  private final SegmentChain chain;
  private final SyncPolicy sync;
  private final Path path;
  private final SpoolFiles files;
  private final ThrottledLog throttled = new ThrottledLog(LOG);

  private @Nullable SpoolDirectory own;
  private @Nullable SpoolRoot root;
  private @Nullable Adoption adoption;
  private boolean creationFails;
  private boolean replacementFails;
  private long retryAt;
  private boolean forceDue;
  private long forceAt;
  private boolean adopting = true;

  SpoolThread(Spool spool, Path path, SpoolFiles files) {
    this.spool = spool;
    this.chain = spool.chain;
    this.sync = spool.options.sync();
    this.path = path;
    this.files = files;
  }

  @Override
  public void run() {
    try {
      open();
    } catch (SpoolException e) {
      spool.refused(e);
      return;
    } catch (IOException e) {
      spool.refused(SpoolRoot.unusable(path, e));
      return;
    } catch (Throwable e) {
      spool.refused(new SpoolException("Spool directory " + path + ": " + e, e));
      return;
    }
    while (!closing()) {
      try {
        boolean worked = prepare();
        worked |= force();
        worked |= replaceBroken();
        worked |= retire();
        worked |= adopt();
        if (!worked) {
          awaitWork();
        }
      } catch (Throwable e) {
        // Whatever it is must not end the thread: callers wait for it.
        throttled.failed("The spool in " + path + " failed: " + e);
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
    try {
      end();
    } catch (Throwable e) {
      LOG.warn("The spool in {} could not be closed in order: {}", path, e.toString());
    } finally {
      locked(spool::ended);
    }
  }

  private void open() throws IOException {
    SpoolRoot opened = SpoolRoot.open(path);
    root = opened;
    Adoption claimed = new Adoption(opened, files, sync);
    adoption = claimed;
    SpoolDirectory created;
    try {
      created = SpoolDirectory.create(path);
    } catch (IOException e) {
      claimed.release();
      throw e;
    }
    own = created;
    if (!sync.isNever()) {
      files.forceDirectory(path);
    }
    locked(
        () -> {
          chain.addBytes(claimed.bytes());
          for (int i = 0; i < claimed.quarantined(); i++) {
            chain.addQuarantined();
          }
        });
    spool.opened(created);
  }

  /** Makes the next segment ahead of its need. */
  private boolean prepare() throws IOException {
    int size;
    spool.lock.lock();
    try {
      int frame = spool.wantedFrame();
      boolean needed = chain.next == null || !chain.next.fits(frame);
      size = needed ? chain.sizeToMake(frame) : 0;
      if (!needed && frame > 0) {
        spool.made();
      }
    } finally {
      spool.lock.unlock();
    }
    if (size == 0 || (creationFails && System.nanoTime() - retryAt < 0)) {
      return false;
    }
    Segment segment;
    try {
      segment = create(size);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      failed("cannot make a segment of " + size + " bytes", e);
      creationFails = true;
      locked(spool::creationFailed);
      return true;
    }
    creationFails = false;
    recovered();
    Segment tooSmall;
    spool.lock.lock();
    try {
      tooSmall = chain.prepared(segment);
      chain.addBytes(size - (tooSmall == null ? 0 : tooSmall.capacity));
      spool.made();
    } finally {
      spool.lock.unlock();
    }
    if (tooSmall != null) {
      files.discard(tooSmall.path);
    }
    return true;
  }

  private Segment create(int size) throws IOException {
    SpoolDirectory home = own();
    Path file = home.nextSegment();
    Path unfinished = Path.of(file + SpoolDirectory.UNFINISHED_SUFFIX);
    try {
      MappedByteBuffer bytes = files.create(unfinished, size);
      Segment segment = new Segment(home, file, bytes, home.salt);
      segment.begin();
      files.move(unfinished, file);
      if (!sync.isNever()) {
        files.forceDirectory(home.path);
      }
      return segment;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      Files.deleteIfExists(unfinished);
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Forces what is written, when it is time. */
  private boolean force() {
    if (sync.isNever()) {
      return false;
    }
    if (!sync.isAlways()) {
      long now = System.nanoTime();
      if (!forceDue && dirty()) {
        forceDue = true;
        forceAt = now + sync.nanos();
      }
      if (!forceDue || now - forceAt < 0) {
        return false;
      }
      forceDue = false;
    }
    return forceWritten();
  }

  private boolean forceWritten() {
    boolean any = false;
    locked(spool::clean);
    for (Segment segment : ownSegments()) {
      int from;
      int to;
      spool.lock.lock();
      try {
        if (segment.broken) {
          // Later ones wait, so that events settle in their order.
          break;
        }
        from = segment.forcedOffset;
        to = segment.writeOffset;
        segment.settling.take(segment.unsettled);
        segment.settlingTo = to;
      } finally {
        spool.lock.unlock();
      }
      if (from == to) {
        continue;
      }
      any = true;
      if (!forced(segment, from, to)) {
        break;
      }
    }
    return any;
  }

  private boolean forced(Segment segment, int from, int to) {
    IOException failure = null;
    try {
      files.force(segment.bytes, from, to - from);
    } catch (IOException e) {
      failure = e;
    }
    spool.lock.lock();
    try {
      if (failure == null) {
        segment.forcedOffset = to;
        chain.settled(segment);
      } else {
        segment.unsettled.take(segment.settling);
        segment.broken = true;
        if (chain.active == segment) {
          chain.sealActive();
        }
      }
      segment.settlingTo = 0;
      chain.retireDone();
      spool.settled();
    } finally {
      spool.lock.unlock();
    }
    if (failure != null) {
      throttled.failed(
          segment.path
              + " cannot be forced to disk, its events move to a new segment: "
              + failure.getMessage());
    }
    return failure == null;
  }

  /** Moves the events of a segment whose force failed; its own file is never forced again. */
  private boolean replaceBroken() throws IOException {
    Segment broken = null;
    for (Segment segment : ownSegments()) {
      if (segment.broken) {
        broken = segment;
        break;
      }
    }
    if (broken == null || (replacementFails && System.nanoTime() - retryAt < 0)) {
      return false;
    }
    Segment fresh;
    try {
      fresh = create(broken.capacity);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      failed("cannot replace " + broken.path.getFileName(), e);
      replacementFails = true;
      return true;
    }
    replacementFails = false;
    boolean replaced;
    spool.lock.lock();
    try {
      replaced = chain.replace(broken, fresh);
      spool.settled();
    } finally {
      spool.lock.unlock();
    }
    if (!replaced) {
      files.discard(fresh.path);
      return true;
    }
    // The consumer may be reading it: its bytes must stay until the mapping goes.
    files.delete(broken.path);
    if (!forceWritten() || fresh.broken) {
      pauseReplacing();
    }
    return true;
  }

  private void pauseReplacing() {
    replacementFails = true;
    retryAt = System.nanoTime() + RETRY_NANOS;
  }

  /** Deletes what is delivered, or sets it aside where it was damaged. */
  private boolean retire() throws IOException {
    boolean any = false;
    List<Segment> retired;
    spool.lock.lock();
    try {
      retired = chain.takeRetired();
    } finally {
      spool.lock.unlock();
    }
    for (Segment segment : retired) {
      any = true;
      try {
        if (segment.damaged) {
          root().quarantine(files, segment.path);
        } else {
          files.discard(segment.path);
        }
        if (!sync.isNever()) {
          files.forceDirectory(segment.home.path);
        }
      } catch (IOException e) {
        throttled.failed(segment.path + " is delivered and cannot be deleted: " + e);
      }
      locked(
          () -> {
            chain.addBytes(-segment.capacity);
            spool.freed();
          });
      leave(segment.home);
    }
    return any;
  }

  /** One segment of an adopted subdirectory is done with. */
  private void leave(SpoolDirectory home) throws IOException {
    if (home != own && --home.segments == 0) {
      home.removeAndRelease(files);
    }
  }

  /** Reads one segment that a dead process left. */
  private boolean adopt() throws IOException {
    if (!adopting) {
      return false;
    }
    Adoption claimed = adoption();
    if (!claimed.hasNext()) {
      adopting = false;
      claimed.removeEmpty();
      locked(spool::adoptionEnded);
      long events = spool.adoptedEvents();
      if (events > 0) {
        LOG.info("{} events were adopted from dead processes in {}", events, path);
      }
      return true;
    }
    Adoption.Read read = claimed.next();
    Segment segment = read.segment();
    spool.lock.lock();
    try {
      if (read.quarantined()) {
        chain.addQuarantined();
      }
      if (segment != null) {
        chain.addBytes(segment.capacity - read.bytes());
        chain.adopt(segment);
        spool.settled();
      } else {
        chain.addBytes(-read.bytes());
        spool.freed();
      }
    } finally {
      spool.lock.unlock();
    }
    if (segment == null) {
      leave(read.home());
    }
    return true;
  }

  private void end() throws IOException {
    SpoolDirectory home = own();
    try {
      if (!sync.isNever()) {
        forceWritten();
        replaceBroken();
      }
      Segment unused;
      spool.lock.lock();
      try {
        unused = chain.next;
        chain.next = null;
        chain.sealActive();
        chain.retireDone();
      } finally {
        spool.lock.unlock();
      }
      if (unused != null) {
        files.discard(unused.path);
      }
      retire();
      for (Segment segment : ownSegments()) {
        if (!sync.isNever() && !segment.broken && segment.forcedOffset < segment.writeOffset) {
          forced(segment, segment.forcedOffset, segment.writeOffset);
        }
        files.truncate(segment.path, segment.writeOffset);
      }
    } finally {
      home.removeAndRelease(files);
      adoption().release();
    }
  }

  private void awaitWork() throws InterruptedException {
    spool.lock.lock();
    try {
      long now = System.nanoTime();
      long nanos = FOREVER;
      if (forceDue) {
        nanos = forceAt - now;
      }
      if (creationFails || replacementFails) {
        nanos = Math.min(nanos, Math.max(1, retryAt - now));
      }
      spool.awaitWork(nanos);
    } finally {
      spool.lock.unlock();
    }
  }

  private void failed(String what, Throwable e) {
    retryAt = System.nanoTime() + RETRY_NANOS;
    throttled.failed("The spool in " + path + " " + what + ": " + e);
  }

  private void recovered() {
    throttled.succeeded("The spool in " + path + " writes again");
  }

  private boolean closing() {
    spool.lock.lock();
    try {
      return spool.closing();
    } finally {
      spool.lock.unlock();
    }
  }

  private boolean dirty() {
    spool.lock.lock();
    try {
      return spool.isDirty();
    } finally {
      spool.lock.unlock();
    }
  }

  private List<Segment> ownSegments() {
    spool.lock.lock();
    try {
      return chain.own();
    } finally {
      spool.lock.unlock();
    }
  }

  private void locked(Runnable change) {
    spool.lock.lock();
    try {
      change.run();
    } finally {
      spool.lock.unlock();
    }
  }

  private SpoolDirectory own() {
    return Objects.requireNonNull(own);
  }

  private SpoolRoot root() {
    return Objects.requireNonNull(root);
  }

  private Adoption adoption() {
    return Objects.requireNonNull(adoption);
  }
}
