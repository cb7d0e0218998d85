package io.llmlog.spool;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** A spool's disk that refuses to force when it is told to; no file system does so on demand. */
public final class FailingDisk {
  private final AtomicInteger failing = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger again = new AtomicInteger();
  private final Set<MappedByteBuffer> broken =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  private final Spool spool;

  public FailingDisk(Path directory) {
    SyncPolicy often = SyncPolicy.every(Duration.ofMillis(5));
    this.spool = Spool.open(directory, new SpoolOptions(1L << 30, often), new Files());
  }

  public Spool spool() {
    return spool;
  }

  /** That many of the next forces fail. */
  public void failForces(int forces) {
    failing.set(forces);
  }

  public int failedForces() {
    return failed.get();
  }

  /** How often a mapping was forced whose force had failed before. */
  public int forcedAgain() {
    return again.get();
  }

  private final class Files extends SpoolFiles {
    @Override
    void force(MappedByteBuffer bytes, int from, int length) throws IOException {
      if (broken.contains(bytes)) {
        again.incrementAndGet();
      }
      if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        broken.add(bytes);
        failed.incrementAndGet();
        throw new IOException("Input/output error");
      }
      super.force(bytes, from, length);
    }
  }
}
