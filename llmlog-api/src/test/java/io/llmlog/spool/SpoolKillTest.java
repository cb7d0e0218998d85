package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.OPTIONS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL at random moments, for real. */
class SpoolKillTest {
  @TempDir Path directory;

  private final Set<String> accepted = new HashSet<>();
  private final Set<String> removing = new HashSet<>();
  private final Set<String> removed = new HashSet<>();

  @Test
  @Timeout(120)
  void aKilledProcess_losesNothingAccepted() throws Exception {
    killAgainAndAgain(6, new Random().nextLong());
  }

  @Test
  @Tag("chaos")
  @Timeout(1200)
  void aProcessKilledAHundredTimes_losesNothingAccepted() throws Exception {
    killAgainAndAgain(100, new Random().nextLong());
  }

  private void killAgainAndAgain(int kills, long seed) throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < kills; i++) {
      Process process = start("r" + i, i % 3 == 2 ? "always" : "interval", i % 2 == 0);
      killAfter(process, random.nextInt(i % 3 == 2 ? 300 : 5000));
    }
    Set<String> recovered = new HashSet<>();
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertTrue(spool.awaitAdoption(LONG));
      for (List<byte[]> batch = spool.peek(500, MIB);
          !batch.isEmpty();
          batch = spool.peek(500, MIB)) {
        for (byte[] event : batch) {
          String id = SpoolProcess.idOf(event);
          assertTrue(recovered.add(id), id + " came twice, seed " + seed);
        }
        spool.remove(batch.size());
      }
      assertEquals(0, spool.counts().lost() + spool.counts().quarantined());
    }
    System.out.printf(
        "%d kills, seed %d: %d accepted, %d removed before, %d recovered%n",
        kills, seed, accepted.size(), removed.size(), recovered.size());
    Set<String> missing = new HashSet<>(accepted);
    missing.removeAll(recovered);
    // Killed between the removal and the word of it.
    missing.removeAll(removing);
    assertTrue(missing.isEmpty(), "lost " + missing + ", seed " + seed);
    Set<String> twice = new HashSet<>(removed);
    twice.retainAll(recovered);
    assertTrue(twice.isEmpty(), "acknowledged and delivered again " + twice + ", seed " + seed);
    assertTrue(Spools.subdirectories(directory).isEmpty());
  }

  @Test
  @Timeout(60)
  void theSubdirectoryOfALivingProcess_isNotAdopted() throws Exception {
    Process process = start("living", "interval", false);
    try (BufferedReader lines = lines(process)) {
      while (!lines.readLine().startsWith("accepted")) {}
      try (Spool spool = Spool.open(directory, OPTIONS)) {
        assertTrue(spool.awaitAdoption(LONG));
        assertEquals(0, spool.adoptedEvents());
      }
      assertEquals(1, Spools.subdirectories(directory).size());
      process.destroyForcibly().waitFor();
    }
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertTrue(spool.awaitAdoption(LONG));
      assertTrue(spool.adoptedEvents() > 0);
    }
  }

  @Test
  @Timeout(60)
  void twoLivingProcesses_adoptNothingOfEachOther() throws Exception {
    Process first = start("first", "interval", false);
    try (BufferedReader lines = lines(first)) {
      while (!lines.readLine().startsWith("accepted")) {}
      Process second = start("second", "interval", true);
      killAfter(second, 500);
      assertTrue(first.isAlive() && !removed.isEmpty());
      assertTrue(removing.stream().allMatch(each -> each.startsWith("second-")), "took another's");
      first.toHandle().destroyForcibly();
      first.waitFor();
      StringBuilder rest = new StringBuilder();
      for (int read = lines.read(); read >= 0; read = lines.read()) {
        rest.append((char) read);
      }
      // The last line may be cut in the middle of an id.
      rest.setLength(Math.max(0, rest.lastIndexOf("\n")));
      rest.toString().lines().forEach(this::hear);
    }
    Set<String> recovered = new HashSet<>();
    Spools.recovered(directory)
        .forEach(each -> recovered.add(each.substring(0, each.indexOf(' '))));
    accepted.removeAll(removing);
    accepted.removeAll(recovered);
    assertEquals(Set.of(), accepted, "lost");
  }

  @Test
  @Timeout(60)
  void aSecondSpoolInTheProcess_doesNotUnlockTheFirst() throws Exception {
    Spool.open(directory, OPTIONS).close();
    try (Spool first = Spool.open(directory, OPTIONS)) {
      Spools.append(first, "kept");
      // It looks at the first one's subdirectory; closing a channel there would free the lock.
      Spool.open(directory, OPTIONS).close();
      Process other = start("other", "interval", true);
      killAfter(other, 50);
      assertTrue(!removing.contains("kept"));
      assertEquals(List.of("kept"), Spools.drain(first));
    }
  }

  private Process start(String prefix, String sync, boolean consume) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            SpoolProcess.class.getName(),
            directory.toString(),
            prefix,
            sync,
            Boolean.toString(consume))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static BufferedReader lines(Process process) {
    return new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Kills it after so many lines, and takes to heart all that it said until then. */
  private void killAfter(Process process, int count) throws Exception {
    try (BufferedReader in = lines(process)) {
      StringBuilder said = new StringBuilder();
      int lines = -1;
      char[] buffer = new char[8192];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        said.append(buffer, 0, read);
        for (int i = 0; i < read; i++) {
          lines += buffer[i] == '\n' ? 1 : 0;
        }
        if (lines >= count && process.isAlive()) {
          // Not by the process itself, which would close the pipe before it is read to its end.
          process.toHandle().destroyForcibly();
        }
      }
      process.waitFor();
      assertTrue(lines >= count, "it ended by itself: " + said);
      // The last line may be cut in the middle of an id.
      said.setLength(said.lastIndexOf("\n"));
      said.toString().lines().forEach(this::hear);
    }
  }

  private void hear(String line) {
    List<String> words = new ArrayList<>(Arrays.asList(line.split(" ", -1)));
    String verb = words.remove(0);
    switch (verb) {
      case "ready" -> {}
      case "accepted" -> accepted.addAll(words);
      case "removing" -> removing.addAll(words);
      case "removed" -> removed.addAll(words);
      default -> throw new AssertionError(line);
    }
  }
}
