package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.append;
import static io.llmlog.spool.Spools.await;
import static io.llmlog.spool.Spools.drain;
import static io.llmlog.spool.Spools.event;
import static io.llmlog.spool.Spools.recovered;
import static io.llmlog.spool.Spools.segments;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.Thread.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SpoolFaultTest {
  private static final SpoolOptions ALWAYS = new SpoolOptions(64 * MIB, SyncPolicy.always());
  private static final SpoolOptions SOON =
      new SpoolOptions(64 * MIB, SyncPolicy.every(Duration.ofMillis(1)));
  private static final byte[] KIB = new byte[1000];

  @TempDir Path directory;
  private final FaultyFiles files = new FaultyFiles();

  @Test
  void aFailedForce_isNeverRetriedOnTheSameFile() throws Exception {
    try (Spool spool = Spool.open(directory, ALWAYS, files)) {
      append(spool, "a", "b");
      spool.peek(1, MIB);
      spool.remove(1);
      Path file = segments(directory).get(0);
      Object before = inode(file);
      files.failingForces.set(1);
      append(spool, "c");
      assertEquals(0, files.failingForces.get());
      assertNotEquals(before, inode(file), "a new file has its name");
      append(spool, "d");
      assertEquals(0, files.forcedAgain.get());
      assertEquals(List.of("b", "c", "d"), drain(spool));
    }
  }

  private static Object inode(Path file) {
    try {
      return Files.getAttribute(file, "unix:ino");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aForceThatFailsAgainAndAgain_losesNothing() throws Exception {
    try (Spool spool = Spool.open(directory, SOON, files)) {
      append(spool, "a");
      files.failingForces.set(5);
      append(spool, "b");
      await(() -> files.failingForces.get() == 0);
      append(spool, "c");
    }
    List<String> events = recovered(directory);
    assertEquals(List.of("a", "b", "c"), events.stream().sorted().toList());
  }

  @Test
  void forcesThatFailAgainAndAgain_fillNoLimit() throws Exception {
    int count = 100;
    // A segment each, of which the limit has room for sixteen.
    try (Spool spool = Spool.open(directory, new SpoolOptions(MIB, SyncPolicy.always()), files)) {
      for (int i = 0; i < count; i++) {
        files.failingForces.set(1);
        assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG));
        assertEquals(0, files.failingForces.get());
      }
      long size = Files.size(segments(directory).get(0));
      assertTrue(size < 2L * KIB.length, "a copy is as long as what it holds: " + size);
      assertEquals(count, drain(spool).size());
    }
    assertEquals(List.of(), recovered(directory));
  }

  @Test
  void whatStandsBehindAFailedForce_isNotSettledBeforeIt() throws Exception {
    try (Spool spool = Spool.open(directory, new SpoolOptions(MIB, SyncPolicy.always()), files)) {
      append(spool, "a");
      await(() -> spool.monitor.in(() -> spool.chain.next != null));
      Semaphore stalled = new Semaphore(0);
      files.forcePermits = stalled;
      Thread first = appendsWith(spool, "b".repeat(20_000));
      await(stalled::hasQueuedThreads);
      Thread second = appendsWith(spool, "c".repeat(30_000));
      // In the next segment, which is forced in one go with the rest of this one.
      Thread third = appendsWith(spool, "d".repeat(20_000));
      stalled.release();
      first.join();
      await(stalled::hasQueuedThreads);
      files.failingForces.set(1);
      files.full = true;
      stalled.release(Integer.MAX_VALUE - 1);
      await(() -> files.failedCreations.get() > 0);
      assertEquals(2, spool.peek(10, MIB).size(), "neither c, which failed, nor d behind it");
      files.full = false;
      second.join();
      third.join();
      StringBuilder order = new StringBuilder();
      drain(spool).forEach(each -> order.append(each.charAt(0)));
      assertEquals("abcd", order.toString());
    }
  }

  /** Once it waits for the force. */
  private static Thread appendsWith(Spool spool, String text) {
    Thread caller = new Thread(() -> append(spool, text));
    caller.start();
    await(() -> caller.getState() == Thread.State.TIMED_WAITING);
    return caller;
  }

  @Test
  void removing_isExactWhileTheSegmentIsReplaced() throws Exception {
    try (Spool spool = Spool.open(directory, SOON, files)) {
      append(spool, "a", "b", "c");
      await(() -> files.forces.get() > 0);
      List<byte[]> seen = spool.peek(2, MIB);
      Path file = segments(directory).get(0);
      Object before = inode(file);
      files.failingForces.set(1);
      append(spool, "d");
      await(() -> !inode(file).equals(before));
      spool.remove(seen.size());
      assertEquals(List.of("c", "d"), drain(spool));
    }
  }

  @Test
  void aForceThatTakesTooLong_refusesTheEvent() throws Exception {
    try (Spool spool = Spool.open(directory, ALWAYS, files)) {
      append(spool, "a");
      files.forcePermits = new Semaphore(0);
      long start = System.nanoTime();
      assertEquals(AppendResult.SLOW, spool.append(event("slow"), 50_000_000));
      assertTrue(System.nanoTime() - start >= 50_000_000);
      assertEquals(0, spool.appendAll(List.of(event("x"), event("y")), 1_000_000));
      assertEquals(1, spool.pending());
      files.forcePermits.release(Integer.MAX_VALUE);
      append(spool, "b");
      assertEquals(2, spool.counts().appended());
      assertEquals(List.of("a", "b"), drain(spool));
      append(spool, "c");
    }
    assertEquals(List.of("c"), recovered(directory));
  }

  @Test
  void withAlways_nothingIsDeliveredBeforeItIsOnDisk() throws Exception {
    try (Spool spool = Spool.open(directory, ALWAYS, files)) {
      append(spool, "a");
      Semaphore stalled = new Semaphore(0);
      files.forcePermits = stalled;
      Thread caller = new Thread(() -> append(spool, "b"));
      caller.start();
      await(stalled::hasQueuedThreads);
      assertEquals(1, spool.peek(10, MIB).size());
      stalled.release(1000);
      caller.join();
      assertEquals(2, spool.peek(10, MIB).size());
    }
  }

  @Test
  void callersThatComeTogether_shareOneForce() throws Exception {
    try (Spool spool = Spool.open(directory, ALWAYS, files)) {
      append(spool, "a");
      Semaphore stalled = new Semaphore(0);
      files.forcePermits = stalled;
      int before = files.forces.get();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Thread caller = new Thread(() -> append(spool, "x"));
        callers.add(caller);
        caller.start();
      }
      for (Thread caller : callers) {
        // Waiting alone is not enough: that may still be for the lock, with nothing written.
        await(() -> isIn(caller, "awaitForce") && caller.getState() == State.TIMED_WAITING);
      }
      stalled.release(Integer.MAX_VALUE);
      for (Thread caller : callers) {
        caller.join();
      }
      assertTrue(files.forces.get() - before <= 2, "forces: " + (files.forces.get() - before));
      assertEquals(51, spool.pending());
    }
  }

  private static boolean isIn(Thread thread, String method) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals(method));
  }

  @Test
  void aSegmentReplacedBeforeLaterOnes_keepsItsPlaceAfterAKill() throws Exception {
    Path live = Files.createDirectory(directory.resolve("live"));
    Path dead = directory.resolve("dead");
    try (Spool spool = Spool.open(live, SOON, files)) {
      append(spool, "a", "b");
      Object before = inode(segments(live).get(0));
      files.failingForces.set(1);
      append(spool, "c");
      // From then on events go to the next segment.
      await(() -> spool.monitor.in(() -> spool.chain.own().get(0).sealed));
      append(spool, "d");
      Spools.copyOf(spool, live, dead);
      assertNotEquals(before, inode(segments(live).get(0)));
      assertEquals(3, segments(dead).size());
    }
    try (CapturedLog log = new CapturedLog()) {
      assertEquals(List.of("a", "b", "c", "d"), recovered(dead));
      assertEquals(0, log.count("damaged"));
    }
    assertTrue(Spools.quarantined(dead).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "soon", "never"})
  void aSubdirectoryRemovedUnderItsProcess_isMadeAgainWithItsEvents(String sync) throws Exception {
    Path live = Files.createDirectory(directory.resolve("live"));
    Path dead = directory.resolve("dead");
    int more = 0;
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(live, options(sync), files)) {
      append(spool, "a", "b");
      Path home = Spools.subdirectories(live).get(0);
      Path elsewhere = Files.move(home, directory.resolve("elsewhere"));
      Spools.removeAll(elsewhere);
      // A segment being made at that moment fails: the caller waits until it is made again.
      assertEquals(AppendResult.ACCEPTED, spool.append(event("c"), LONG, LONG));
      // With never, it is noticed when a segment is needed.
      for (; log.count(home + " was removed") == 0; more++) {
        assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      }
      Spools.copyOf(spool, live, dead);
      append(spool, "d");
      assertEquals(4 + more, drain(spool).size());
    }
    assertTrue(Spools.subdirectories(live).isEmpty());
    List<String> recovered = recovered(dead);
    assertEquals(List.of("a", "b", "c"), recovered.subList(0, 3));
    assertEquals(3 + more, recovered.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "soon", "never"})
  void aSubdirectoryRemovedJustBeforeTheEnd_isLeftWithItsEvents(String sync) throws Exception {
    Path live = Files.createDirectory(directory.resolve("live"));
    try (Spool spool = Spool.open(live, options(sync), files)) {
      append(spool, "a", "b");
      Spools.removeAll(
          Files.move(Spools.subdirectories(live).get(0), directory.resolve("elsewhere")));
    }
    assertEquals(List.of("a", "b"), recovered(live));
  }

  private static SpoolOptions options(String sync) {
    return switch (sync) {
      case "always" -> ALWAYS;
      case "never" -> new SpoolOptions(MIB, SyncPolicy.never());
      default -> SOON;
    };
  }

  @Test
  void aSpoolDirectoryRemovedUnderItsProcess_refusesEventsUntilItIsBack() throws Exception {
    Path live = Files.createDirectory(directory.resolve("live"));
    try (Spool spool = Spool.open(live, SOON, files)) {
      append(spool, "a");
      Spools.removeAll(Files.move(live, directory.resolve("elsewhere")));
      await(() -> spool.append(event("c"), 0) == AppendResult.FAILED);
      Files.createDirectory(live);
      assertEquals(AppendResult.ACCEPTED, spool.append(event("d"), LONG, LONG));
      List<String> events = drain(spool);
      assertEquals("a", events.get(0));
      assertEquals("d", events.get(events.size() - 1));
    }
  }

  @Test
  void aSpoolDirectoryMovedAwayAndBack_takesEventsAgainAndHasKeptTheOthers() throws Exception {
    Path live = Files.createDirectory(directory.resolve("live"));
    try (Spool spool = Spool.open(live, SOON, files)) {
      append(spool, "a");
      Path elsewhere = Files.move(live, directory.resolve("elsewhere"));
      await(() -> spool.append(event("b"), 0) == AppendResult.FAILED);
      Files.move(elsewhere, live);
      assertEquals(AppendResult.ACCEPTED, spool.append(event("c"), LONG, LONG));
      assertEquals(1, Spools.subdirectories(live).size());
    }
    List<String> events = recovered(live);
    assertEquals("a", events.get(0));
    assertEquals("c", events.get(events.size() - 1));
  }

  @Test
  void aMappingThatFails_failsCallersAtOnceAndHeals() throws Exception {
    try (Spool spool = Spool.open(directory, SOON, files)) {
      append(spool, "first");
      files.mapFails = true;
      await(() -> spool.append(KIB, LONG) == AppendResult.FAILED);
      assertNotEquals(0, files.failedCreations.get());
      files.mapFails = false;
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
    }
    assertFalse(segments(directory).stream().anyMatch(each -> each.toString().endsWith(".new")));
  }

  @Test
  void aFullDisk_failsCallersAtOnceAndHeals() throws Exception {
    try (Spool spool = Spool.open(directory, SOON, files)) {
      append(spool, "first");
      files.full = true;
      AppendResult result = AppendResult.ACCEPTED;
      long accepted = 1;
      while ((result = spool.append(KIB, LONG)) == AppendResult.ACCEPTED) {
        accepted++;
      }
      assertEquals(AppendResult.FAILED, result);
      assertNotEquals(0, files.failedCreations.get());
      assertEquals(accepted, spool.pending());
      files.full = false;
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      assertEquals(accepted + 1, drain(spool).size());
    }
  }

  @Test
  void aFullDisk_isFoundToHaveRoomWithoutACaller() throws Exception {
    files.full = true;
    try (Spool spool = Spool.open(directory, SOON, files)) {
      await(() -> files.failedCreations.get() > 1);
      assertEquals(AppendResult.FAILED, spool.append(KIB, LONG));
      files.full = false;
      await(() -> spool.bytes() > 0);
      append(spool, "a");
    }
    assertEquals(List.of("a"), recovered(directory));
  }

  @Test
  void aForceThatFailsOnAFullDisk_keepsItsEventsUntilThereIsRoom() throws Exception {
    try (Spool spool = Spool.open(directory, SOON, files)) {
      append(spool, "a");
      files.full = true;
      files.failingForces.set(1);
      append(spool, "b");
      await(() -> files.failedCreations.get() > 1);
      assertEquals(2, spool.peek(10, MIB).size());
      files.full = false;
      assertEquals(AppendResult.ACCEPTED, spool.append(event("c"), LONG, LONG));
      assertEquals(List.of("a", "b", "c"), drain(spool).stream().sorted().toList());
    }
  }

  @Test
  void aDeliveredSegmentThatCannotBeDeleted_takesNoRoomFromOthers() throws Exception {
    try (Spool spool = Spool.open(directory, new SpoolOptions(MIB, SyncPolicy.never()), files)) {
      for (int i = 0; i < 800; i++) {
        assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      }
      files.failingDiscards.set(1);
      assertEquals(800, drain(spool).size());
      await(() -> spool.bytes() <= 2 * MIB / 16);
    }
  }

  @Test
  void aStalledDisk_doesNotHoldCloseForever() throws Exception {
    Spool spool = Spool.open(directory, SOON, files);
    append(spool, "a");
    files.forcePermits = new Semaphore(0);
    append(spool, "b");
    spool.close();
    assertFalse(Thread.currentThread().isInterrupted());
    files.forcePermits.release(Integer.MAX_VALUE);
    await(() -> System.getProperty("io.llmlog.spool.held") == null);
    assertEquals(List.of("a", "b"), recovered(directory));
  }
}
