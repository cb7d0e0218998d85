package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many callers and a consumer: each accepted event is seen once, and each caller's in order. */
@Timeout(120)
class SpoolConcurrencyTest {
  private static final int CALLERS = 6;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"always", "interval", "never"})
  void eachAcceptedEvent_isSeenOnceAndInOrder(String sync) throws Exception {
    run(sync, new FaultyFiles(), false, sync.equals("always") ? 300 : 20_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "interval"})
  void anInterruptStorm_breaksNothing(String sync) throws Exception {
    run(sync, new FaultyFiles(), true, sync.equals("always") ? 300 : 20_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "interval"})
  void forcesThatFailNowAndThen_loseNothing(String sync) throws Exception {
    FaultyFiles files = new FaultyFiles();
    AtomicBoolean done = new AtomicBoolean();
    Thread saboteur =
        new Thread(
            () -> {
              for (int seen = 0; !done.get(); LockSupport.parkNanos(100_000)) {
                if (files.forces.get() >= seen + 20) {
                  seen = files.forces.get();
                  files.failingForces.set(1);
                }
              }
            });
    saboteur.start();
    try {
      run(sync, files, false, sync.equals("always") ? 200 : 20_000);
    } finally {
      done.set(true);
      saboteur.join();
    }
    assertEquals(0, files.forcedAgain.get());
  }

  /** The consumer keeps up, so that it often reads the segment that is filled at this moment. */
  @Test
  void aBatchThatBeginsInTheSegmentBeingWritten_isInOrder() throws Exception {
    int count = 20_000;
    // The least there is: a segment of 64 KiB takes five of these events.
    SpoolOptions options = new SpoolOptions(MIB, SyncPolicy.never());
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try (Spool spool = Spool.open(directory, options)) {
      Future<?> caller =
          pool.submit(
              () -> {
                for (int i = 0; i < count; i++) {
                  ByteBuffer event = ByteBuffer.allocate(12_000).putInt(0, i);
                  assertEquals(AppendResult.ACCEPTED, spool.append(event.array(), LONG, LONG));
                }
              });
      int expected = 0;
      while (expected < count) {
        spool.await(1, LONG);
        List<byte[]> batch = spool.peek(300, MIB);
        for (byte[] event : batch) {
          assertEquals(expected++, ByteBuffer.wrap(event).getInt());
        }
        spool.remove(batch.size());
      }
      caller.get();
    } finally {
      pool.shutdownNow();
    }
  }

  private void run(String sync, FaultyFiles files, boolean interrupts, int each) throws Exception {
    SyncPolicy policy =
        switch (sync) {
          case "always" -> SyncPolicy.always();
          case "never" -> SyncPolicy.never();
          default -> SyncPolicy.every(Duration.ofMillis(1));
        };
    // Small, so that segments change and the limit is met.
    SpoolOptions options = new SpoolOptions(8 * MIB, policy);
    ExecutorService pool = Executors.newFixedThreadPool(CALLERS);
    try (Spool spool = Spool.open(directory, options, files)) {
      List<Future<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(pool.submit(caller(spool, i, each, interrupts)));
      }
      int[] lastSeen = new int[CALLERS];
      long seen = 0;
      boolean over = false;
      while (!over || spool.pending() > 0) {
        over = callers.stream().allMatch(Future::isDone);
        spool.await(100, 1_000_000);
        List<byte[]> batch = spool.peek(300, MIB);
        for (byte[] event : batch) {
          String[] words = new String(event, UTF_8).split(" ", 3);
          int caller = Integer.parseInt(words[0]);
          int number = Integer.parseInt(words[1]);
          assertTrue(number > lastSeen[caller], () -> words[0] + ": " + number + " out of order");
          lastSeen[caller] = number;
        }
        spool.remove(batch.size());
        seen += batch.size();
      }
      long accepted = 0;
      for (Future<Integer> caller : callers) {
        accepted += caller.get();
      }
      assertEquals(accepted, seen);
      assertEquals(accepted, spool.counts().appended());
      assertEquals((long) CALLERS * each, accepted, "none had a reason to be refused");
      assertEquals(0, spool.counts().quarantined());
    } finally {
      pool.shutdownNow();
    }
    assertTrue(Spools.subdirectories(directory).isEmpty());
  }

  private static Callable<Integer> caller(Spool spool, int id, int each, boolean interrupts) {
    return () -> {
      Random random = new Random(id);
      int accepted = 0;
      for (int i = 1; i <= each; i++) {
        byte[] event = (id + " " + i + " " + "x".repeat(random.nextInt(800))).getBytes(UTF_8);
        if (interrupts) {
          Thread.currentThread().interrupt();
        }
        if (spool.append(event, LONG, LONG) == AppendResult.ACCEPTED) {
          accepted++;
        }
        assertEquals(interrupts, Thread.interrupted(), "the interrupt stays set");
      }
      return accepted;
    };
  }
}
