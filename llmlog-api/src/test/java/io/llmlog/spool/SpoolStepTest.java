package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.event;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Killed between any two steps of the spool's thread: nothing is lost, and nothing comes twice. */
@Timeout(120)
class SpoolStepTest {
  @TempDir Path temp;
  private Path directory = Path.of("");

  @BeforeEach
  void makeDirectory() throws IOException {
    directory = Files.createDirectory(temp.resolve("live"));
  }

  @ParameterizedTest
  @CsvSource({"always, 0", "interval, 0", "never, 0", "always, 4", "interval, 4"})
  void aProcessKilledAtAnyStep_losesNothing(String sync, int failures) throws Exception {
    // What a dead process left, so that adoption is among the steps.
    try (Spool dead = Spool.open(directory, options(sync))) {
      for (int i = 0; i < 40; i++) {
        dead.append(numbered("dead", i), LONG);
      }
    }
    // Each append is forced by itself there, which makes many steps.
    int count = sync.equals("always") ? 50 : 200;
    SteppedFiles files = new SteppedFiles(directory, temp, failures);
    for (int i = 0; i < 40; i++) {
      files.accepted.add("dead-" + i);
    }
    try (Spool spool = Spool.open(directory, options(sync), files)) {
      files.spool = spool;
      for (int i = 0; i < count; i++) {
        byte[] event = numbered("own", i);
        assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG, LONG));
        spool.monitor.run(() -> files.accepted.add(id(event)));
        if (i % 25 == 24) {
          consume(spool, files);
        }
      }
    }
    if (failures > 0) {
      assertTrue(files.images.stream().anyMatch(each -> each.step().contains("after replace")));
    }
    for (SteppedFiles.Image image : files.images) {
      check(image);
    }
    assertTrue(files.images.size() > 50, "steps: " + files.images.size());
  }

  private static SpoolOptions options(String sync) {
    SyncPolicy policy =
        switch (sync) {
          case "always" -> SyncPolicy.always();
          case "never" -> SyncPolicy.never();
          default -> SyncPolicy.every(Duration.ofMillis(1));
        };
    // Segments of 64 KiB: a dozen events each.
    return new SpoolOptions(MIB, policy);
  }

  private static byte[] numbered(String prefix, int number) {
    return event(prefix + "-" + number + " " + "x".repeat(5000));
  }

  private static String id(byte[] event) {
    String text = new String(event, UTF_8);
    return text.substring(0, text.indexOf(' '));
  }

  private static void consume(Spool spool, SteppedFiles files) throws Exception {
    assertTrue(spool.awaitAdoption(LONG));
    List<byte[]> batch = spool.peek(35, MIB);
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
      for (String each : events) {
        assertTrue(found.add(id(event(each))), "twice " + each.substring(0, 10) + " " + step);
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
