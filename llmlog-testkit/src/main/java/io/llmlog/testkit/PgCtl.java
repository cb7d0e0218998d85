package io.llmlog.testkit;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * PostgreSQL's own program for one data directory.
 *
 * @param programs the directory of {@code pg_ctl}
 * @param data the data directory
 */
record PgCtl(Path programs, Path data) {
  /** Runs it, waits until the server is there or gone, and fails with what it said. */
  void run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) {
      // PostgreSQL refuses to run as root.
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of(programs.resolve("pg_ctl").toString(), "-D", data.toString()));
    command.addAll(List.of("-w", "-t", "60", "-s"));
    command.addAll(List.of(arguments));
    // A server that starts keeps its output: a pipe would never end.
    Path log = data.resolve("pg_ctl.log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      if (!process.waitFor(70, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(
            "pg_ctl " + String.join(" ", arguments) + " failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while pg_ctl works", e);
    }
  }

  /** The server's first process, where one runs. */
  Optional<ProcessHandle> postmaster() throws IOException {
    Path file = data.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    long pid = Long.parseLong(Files.readAllLines(file).get(0).trim());
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
  }

  void deleteData() throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
