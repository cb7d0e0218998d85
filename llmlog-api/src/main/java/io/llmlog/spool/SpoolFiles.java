package io.llmlog.spool;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a spool asks of the file system. Called by the spool's own thread only: an interrupt of the
 * thread that uses a {@link FileChannel} closes it for everyone. Not final so that tests can let it
 * fail.
 */
class SpoolFiles {
  private static final int PAGE = 4096;

  /** One for all files: asking for direct memory anew may cost the service a collection. */
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(64 * PAGE);

  /**
   * Makes a file of zeros and maps it. The zeros are written for real: a mapped page without space
   * behind it would end in SIGBUS on a full disk, a failed write ends in an exception.
   */
  MappedByteBuffer create(Path file, int size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, READ, WRITE)) {
      for (int left = size; left > 0; ) {
        zeros.clear().limit(Math.min(left, zeros.capacity()));
        left -= channel.write(zeros);
      }
      MappedByteBuffer bytes = map(channel, size);
      // Callers then find the pages in place, and do not pay for their faults.
      for (int page = 0; page < size; page += PAGE) {
        bytes.put(page, (byte) 0);
      }
      return bytes;
    }
  }

  /** Maps a file that a dead process left. */
  MappedByteBuffer map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
      return map(channel, channel.size());
    }
  }

  private static MappedByteBuffer map(FileChannel channel, long size) throws IOException {
    MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, size);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    return bytes;
  }

  void force(MappedByteBuffer bytes, int from, int length) throws IOException {
    try {
      bytes.force(from, length);
    } catch (RuntimeException | InternalError e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  void move(Path from, Path to) throws IOException {
    Files.move(from, to);
  }

  /** Gives a file the name of another, which is gone then: at no moment is there none of them. */
  void replace(Path from, Path to) throws IOException {
    Files.move(from, to, ATOMIC_MOVE);
  }

  void delete(Path file) throws IOException {
    Files.delete(file);
  }

  /**
   * Deletes a file and gives its space back at once. Its mapping lives until it is collected as
   * garbage, and would hold the space so long; nobody may touch it any more.
   */
  void discard(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      Files.delete(file);
      channel.truncate(0);
    }
  }

  /** Cuts the unused end off a segment. */
  void truncate(Path file, int size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      channel.truncate(size);
    }
  }
}
