package io.llmlog.spool;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk that fails or stalls when a test wants it to. */
final class FaultyFiles extends SpoolFiles {
  /** How many forces fail from now on. */
  final AtomicInteger failingForces = new AtomicInteger();

  final AtomicInteger forces = new AtomicInteger();
  final AtomicInteger failedCreations = new AtomicInteger();
  volatile boolean full;
  volatile boolean mapFails;

  /** How many files cannot be deleted from now on, for a reason that is no disk's. */
  final AtomicInteger failingDiscards = new AtomicInteger();

  /** Mappings whose force has failed. */
  private final Set<MappedByteBuffer> broken = Collections.newSetFromMap(new IdentityHashMap<>());

  /** How often one of them was forced again. */
  final AtomicInteger forcedAgain = new AtomicInteger();

  /** Each force takes one. */
  volatile Semaphore forcePermits = new Semaphore(Integer.MAX_VALUE);

  @Override
  MappedByteBuffer create(Path file, int size) throws IOException {
    if (full) {
      failedCreations.incrementAndGet();
      throw new IOException("No space left on device");
    }
    if (mapFails) {
      failedCreations.incrementAndGet();
      Files.write(file, new byte[size]);
      throw new OutOfMemoryError("Map failed");
    }
    return super.create(file, size);
  }

  @Override
  void discard(Path file) throws IOException {
    if (failingDiscards.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new OutOfMemoryError("Direct buffer memory");
    }
    super.discard(file);
  }

  @Override
  void force(MappedByteBuffer bytes, int from, int length) throws IOException {
    forcePermits.acquireUninterruptibly();
    forces.incrementAndGet();
    if (broken.contains(bytes)) {
      forcedAgain.incrementAndGet();
    }
    if (failingForces.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      broken.add(bytes);
      throw new IOException("Input/output error");
    }
    super.force(bytes, from, length);
  }
}
