package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.event;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Killed between any two steps of the spool's thread: nothing is lost, and nothing comes twice. */
class SpoolStepTest {
  /** Four fit a segment of 64 KiB. */
  private static final String PADDING = " " + "x".repeat(15_000);

  private static final int BATCH = 12;

  @TempDir Path temp;

  // With always each append is forced by itself, which makes many steps.
  @ParameterizedTest
  @CsvSource({
    "always, 0, 12",
    "interval, 0, 24",
    "never, 0, 24",
    "always, 4, 12",
    "interval, 4, 24"
  })
  @Timeout(120)
  void aProcessKilledAtAnyStep_losesNothing(String sync, int failures, int events)
      throws Exception {
    killAtEachStep(sync, failures, events);
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "interval", "never"})
  @Tag("chaos")
  @Timeout(1200)
  void aProcessKilledAtAnyOfManySteps_losesNothing(String sync) throws Exception {
    for (int failures : new int[] {0, 2, 3, 4, 5, 7}) {
      killAtEachStep(sync, failures, 96);
    }
  }

  /**
   * @param failures every so manieth force and creation fails; 0: none does
   * @param events how many at least; a multiple of the batch
   */
  private void killAtEachStep(String sync, int failures, int events) throws Exception {
    Path round = Files.createDirectory(temp.resolve("failures" + failures));
    Path directory = Files.createDirectory(round.resolve("live"));
    SteppedFiles files = new SteppedFiles(directory, round, failures);
    boolean failing = failures > 0 && !sync.equals("never");
    // What a dead process left, so that adoption is among the steps.
    try (Spool dead = Spool.open(directory, options(sync))) {
      for (int i = 1; i <= BATCH; i++) {
        byte[] event = numbered("dead", i);
        assertEquals(AppendResult.ACCEPTED, dead.append(event, LONG, LONG));
        files.accepted.add(id(event));
      }
    }
    try (Spool spool = Spool.open(directory, options(sync), files)) {
      files.spool = spool;
      // How many forces a number of events makes is a matter of time, unless each is forced.
      for (int i = 1; i <= events || (failing && !files.replaced()); i++) {
        byte[] event = numbered("own", i);
        assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG, LONG));
        spool.monitor.run(() -> files.accepted.add(id(event)));
        if (i % BATCH == 0) {
          consume(spool, files);
        }
      }
    }
    // The images slow its thread down, and close() waits no longer than it must.
    Spools.await(() -> System.getProperty("io.llmlog.spool.held") == null);
    assertTrue(files.images.size() > 30, "steps: " + files.images.size());
    assertEquals(failing, files.replaced());
    for (SteppedFiles.Image image : files.images) {
      check(image);
    }
    Spools.removeAll(round);
  }

  private static SpoolOptions options(String sync) {
    SyncPolicy policy =
        switch (sync) {
          case "always" -> SyncPolicy.always();
          case "never" -> SyncPolicy.never();
          default -> SyncPolicy.every(Duration.ofMillis(1));
        };
    return new SpoolOptions(MIB, policy);
  }

  private static byte[] numbered(String prefix, int number) {
    return event(prefix + "-" + number + PADDING);
  }

  private static String id(byte[] event) {
    String text = new String(event, UTF_8);
    return text.substring(0, text.indexOf(' '));
  }

  private static void consume(Spool spool, SteppedFiles files) throws Exception {
    assertTrue(spool.awaitAdoption(LONG));
    List<byte[]> batch = spool.peek(BATCH, MIB);
    List<String> ids = batch.stream().map(SpoolStepTest::id).toList();
    spool.monitor.run(() -> files.removing.addAll(ids));
    spool.remove(batch.size());
    spool.monitor.run(() -> files.removed.addAll(ids));
  }

  private static void check(SteppedFiles.Image image) throws Exception {
    String step = image.directory() + " " + image.step();
    try (Spool spool = Spool.open(image.directory(), options("never"))) {
      List<String> events = Spools.drain(spool);
      Set<String> found = new HashSet<>();
      Map<String, Integer> last = new HashMap<>();
      for (String each : events) {
        String id = id(event(each));
        assertTrue(found.add(id), "twice " + id + " " + step);
        String[] parts = id.split("-", -1);
        int number = Integer.parseInt(parts[1]);
        Integer before = last.put(parts[0], number);
        assertTrue(before == null || before < number, id + " behind " + before + " " + step);
      }
      Set<String> missing = new HashSet<>(image.kept());
      missing.removeAll(found);
      assertEquals(Set.of(), missing, step);
      found.retainAll(image.removed());
      assertEquals(Set.of(), found, "removed and there again " + step);
      assertEquals(0, spool.counts().quarantined(), step);
    }
    assertFalse(Files.exists(image.directory().resolve(SpoolRoot.QUARANTINE)), step);
  }
}
