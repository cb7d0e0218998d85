package io.llmlog.spool;

import io.llmlog.retry.ThrottledLog;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Makes segments ahead of their need, so that callers find one. For the spool's thread. */
final class SegmentMaker {
  private final SpoolMonitor monitor;
  private final SegmentChain chain;
  private final SpoolDirectory home;
  private final SpoolFiles files;
  private final boolean forces;
  private final ThrottledLog log;
  private final RetryPause pause = new RetryPause();

  SegmentMaker(
      SpoolMonitor monitor,
      SegmentChain chain,
      SpoolDirectory home,
      SpoolFiles files,
      SyncPolicy sync,
      ThrottledLog log) {
    this.monitor = monitor;
    this.chain = chain;
    this.home = home;
    this.files = files;
    this.forces = !sync.isNever();
    this.log = log;
  }

  /** Makes the next segment, where there is none that fits; answers whether it tried. */
  boolean work() throws IOException {
    int size = monitor.in(this::sizeWanted);
    if (size == 0) {
      pause.succeeded();
      return false;
    }
    if (!pause.isOver()) {
      return false;
    }
    Segment made;
    try {
      made = make(size);
    } catch (IOException | RuntimeException | Error e) {
      pause.failed();
      monitor.run(
          () -> {
            monitor.creationFails = true;
            chain.couldNotMake(size);
            monitor.roomChanged();
          });
      log.failed(
          "The spool in " + home.root() + " cannot make a segment of " + size + " bytes: " + e);
      return true;
    }
    pause.succeeded();
    log.succeeded("The spool in " + home.root() + " writes again");
    Segment tooSmall = monitor.in(() -> take(made));
    if (tooSmall != null) {
      files.discard(tooSmall.path);
    }
    return true;
  }

  private int sizeWanted() {
    int frame = monitor.wantedFrame;
    Segment next = chain.next;
    if (next != null && next.fits(frame)) {
      satisfied();
      return 0;
    }
    int size = chain.sizeToMake(frame);
    if (size == 0 && frame > 0) {
      // There is no longer room for that one: those who wait look again, for themselves.
      satisfied();
    }
    return size;
  }

  private void satisfied() {
    if (monitor.wantedFrame > 0) {
      monitor.wantedFrame = 0;
      monitor.roomChanged();
    }
  }

  private @Nullable Segment take(Segment made) {
    Segment tooSmall = chain.prepared(made);
    chain.addBytes(made.capacity - (tooSmall == null ? 0 : tooSmall.capacity));
    monitor.creationFails = false;
    monitor.wantedFrame = 0;
    monitor.roomChanged();
    return tooSmall;
  }

  private Segment make(int size) throws IOException {
    Path file = home.nextSegment();
    Path unfinished = SpoolDirectory.unfinished(file);
    Segment made = null;
    try {
      MappedByteBuffer bytes = files.create(unfinished, size);
      Segment segment = new Segment(home, file, bytes, home.salt);
      segment.begin();
      files.move(unfinished, file);
      if (forces) {
        files.forceDirectory(home.path);
      }
      made = segment;
      return segment;
    } finally {
      if (made == null) {
        Files.deleteIfExists(unfinished);
        Files.deleteIfExists(file);
      }
    }
  }

  /** When it should be called again although nobody wakes the thread. */
  long nanosToNext() {
    return pause.isOn() ? Math.max(1, pause.nanosLeft()) : Long.MAX_VALUE;
  }
}
