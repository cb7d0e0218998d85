package io.llmlog.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over what dead processes left: locks their subdirectories at once, and reads their segments
 * one by one. A file that is no segment is set aside, whatever it is; none can stop the others. For
 * the spool's thread.
 */
final class Adoption {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  private final SpoolRoot root;
  private final SpoolFiles files;
  private final SyncPolicy sync;
  private final List<SpoolDirectory> claimed = new ArrayList<>();
  private final ArrayDeque<Left> left = new ArrayDeque<>();
  private long bytes;
  private int quarantined;

  /**
   * @param open no later segment of its subdirectory holds frames
   */
  private record Left(SpoolDirectory home, Path file, long bytes, boolean open) {}

  /**
   * @param segment null where it holds nothing to deliver
   * @param bytes the size that the file had when it was claimed
   */
  record Read(SpoolDirectory home, @Nullable Segment segment, long bytes, boolean quarantined) {}

  Adoption(SpoolRoot root, SpoolFiles files, SyncPolicy sync) {
    this.root = root;
    this.files = files;
    this.sync = sync;
    for (Path path : root.subdirectories()) {
      try {
        SpoolDirectory home = SpoolDirectory.claim(path);
        if (home != null) {
          claimed.add(home);
          list(home);
        }
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} was left by a dead process and cannot be read: {}", path, e.toString());
      }
    }
  }

  private void list(SpoolDirectory home) throws IOException {
    List<Path> segments = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(home.path)) {
      for (Path entry : entries) {
        String name = SpoolDirectory.name(entry);
        if (SpoolDirectory.isSegment(entry)) {
          segments.add(entry);
        } else if (name.endsWith(
            SpoolDirectory.SEGMENT_SUFFIX + SpoolDirectory.UNFINISHED_SUFFIX)) {
          // Its process died while making it: no event was ever in it.
          files.delete(entry);
        } else if (!name.equals(SpoolDirectory.LOCK)) {
          setAside(entry, "is not of the spool");
          quarantined++;
        }
      }
    }
    segments.sort(Collections.reverseOrder());
    boolean open = true;
    ArrayDeque<Left> inOrder = new ArrayDeque<>();
    for (Path file : segments) {
      var header = SpoolDirectory.header(file);
      boolean holdsFrames = Segment.isIntact(header) && holdsFrames(header);
      long size = Files.size(file);
      inOrder.addFirst(new Left(home, file, size, open));
      bytes += size;
      open &= !holdsFrames;
    }
    home.segments = inOrder.size();
    left.addAll(inOrder);
  }

  private static boolean holdsFrames(ByteBuffer header) {
    return header.limit() > Segment.HEADER_BYTES + 4 && header.getInt(Segment.HEADER_BYTES) != 0;
  }

  /**
   * Deletes what dead processes had made ahead, without waiting for its turn: a disk that is full
   * of it has no room for a new subdirectory. Not as a rule, since it has to be read.
   *
   * @return whether there was any
   */
  boolean makeRoom() {
    return left.removeIf(this::discardedUnused);
  }

  private boolean discardedUnused(Left each) {
    try {
      boolean unused =
          each.open && Segment.isIntact(SpoolDirectory.header(each.file)) && isUnused(each.file);
      if (unused) {
        files.discard(each.file);
        bytes -= each.bytes;
        each.home.segments--;
      }
      return unused;
    } catch (IOException e) {
      // What is wrong with it is said when its turn comes.
      return false;
    }
  }

  /** Whether nothing was ever written behind the header; a damaged first frame does not say so. */
  private static boolean isUnused(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      in.skipNBytes(Segment.HEADER_BYTES);
      byte[] bytes = new byte[1 << 16];
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        for (int i = 0; i < read; i++) {
          if (bytes[i] != 0) {
            return false;
          }
        }
      }
      return true;
    }
  }

  /** Size of the claimed files. */
  long bytes() {
    return bytes;
  }

  /** How many files were set aside while claiming. */
  int quarantined() {
    return quarantined;
  }

  boolean hasNext() {
    return !left.isEmpty();
  }

  Read next() {
    Left next = left.remove();
    try {
      return read(next);
    } catch (IOException | RuntimeException | Error e) {
      // It stays where it is: the next process may have more luck with the disk.
      LOG.warn("{} was left by a dead process and cannot be read: {}", next.file, e.toString());
      return new Read(next.home, null, next.bytes, false);
    }
  }

  private Read read(Left next) throws IOException {
    Path file = next.file;
    if (next.bytes < Segment.HEADER_BYTES || next.bytes > Integer.MAX_VALUE) {
      setAside(file, "is damaged at offset 0: no segment has " + next.bytes + " bytes");
      return new Read(next.home, null, next.bytes, true);
    }
    MappedByteBuffer mapped = files.map(file);
    int limit = mapped.capacity();
    boolean intact = Segment.isIntact(mapped);
    long salt = intact ? Segment.saltOf(mapped) : next.home.salt;
    int from = Segment.ackOf(mapped, limit);
    boolean cut = intact && limit < Segment.capacityOf(mapped);
    FrameScan.Found found = FrameScan.scan(mapped, from, limit, salt, next.open, cut);
    boolean endCutOff = cut && !next.open && !Frame.isEnd(mapped, found.end(), limit, salt);
    int damagedAt =
        !intact ? 0 : found.damaged() ? found.damagedAt() : endCutOff ? found.end() : -1;
    if (damagedAt < 0 && found.tornAt() >= 0) {
      LOG.warn("{}: an unfinished event at offset {} was cut off", file, found.tornAt());
    }
    if (found.events() == 0) {
      if (damagedAt < 0) {
        files.discard(file);
      } else {
        setAside(file, "is damaged at offset " + damagedAt);
      }
      return new Read(next.home, null, next.bytes, damagedAt >= 0);
    }
    if (damagedAt >= 0) {
      LOG.warn(
          "{} is damaged at offset {}: {} readable events are delivered, then the file goes to the"
              + " quarantine",
          file,
          damagedAt,
          found.events());
    }
    if (!sync.isNever()) {
      // Its process may have died before it did so.
      force(mapped, file);
    }
    Segment segment = new Segment(next.home, file, mapped, salt);
    segment.ackOffset = from;
    segment.writeOffset = found.end();
    segment.forcedOffset = found.end();
    segment.pending = found.events();
    segment.gaps.addAll(found.gaps());
    segment.damaged = damagedAt >= 0;
    segment.sealed = true;
    return new Read(next.home, segment, next.bytes, segment.damaged);
  }

  private void force(MappedByteBuffer mapped, Path file) {
    try {
      files.force(mapped, 0, mapped.capacity());
    } catch (IOException e) {
      LOG.warn("{} cannot be forced to disk, and is delivered: {}", file, e.getMessage());
    }
  }

  private void setAside(Path file, String why) throws IOException {
    Path target = root.quarantine(files, file);
    LOG.warn("{} {}: it was moved to {}", file, why, target);
  }

  /** Removes the subdirectories that held no segments at all. */
  void removeEmpty() {
    for (SpoolDirectory home : claimed) {
      if (home.segments == 0 && !home.isReleased()) {
        try {
          home.removeAndRelease(files);
        } catch (IOException e) {
          LOG.warn("{} is empty and cannot be removed: {}", home.path, e.toString());
        }
      }
    }
  }

  /** Gives back what is not delivered. */
  void release() throws IOException {
    for (SpoolDirectory home : claimed) {
      if (!home.isReleased()) {
        home.release();
      }
    }
  }
}
