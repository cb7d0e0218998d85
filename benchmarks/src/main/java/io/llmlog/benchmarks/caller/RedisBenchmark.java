package io.llmlog.benchmarks.caller;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Debian's {@code redis-benchmark}, with one {@code LPUSH} of many values as its command. */
final class RedisBenchmark {
  /** Values of one command, and the bytes of each. */
  static final int VALUES = 100;

  static final int BYTES = 600;

  private static final String PROGRAM = "redis-benchmark";
  private static final Pattern RATE = Pattern.compile("([0-9.]+) requests per second");

  private final Path program;
  private final int port;

  private RedisBenchmark(Path program, int port) {
    this.program = program;
    this.port = port;
  }

  /**
   * The one on the PATH, against the server on that port.
   *
   * @throws IllegalStateException if there is none
   */
  static RedisBenchmark against(int port) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, PROGRAM))
        .filter(Files::isExecutable)
        .findFirst()
        .map(program -> new RedisBenchmark(program, port))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    PROGRAM + " is not on the PATH: install redis-tools, or leave this part out"));
  }

  String version() {
    return run(List.of("--version")).trim();
  }

  /** Elements for each second. */
  double elements(int clients, int pipeline, int requests) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-q",
                "-c",
                Integer.toString(clients),
                "-P",
                Integer.toString(pipeline),
                "-n",
                Integer.toString(requests),
                "LPUSH",
                FarEnd.QUEUE));
    String value = "x".repeat(BYTES);
    for (int i = 0; i < VALUES; i++) {
      arguments.add(value);
    }
    String said = run(arguments);
    // It says how far it is on the same line; the last word counts.
    Matcher rate = RATE.matcher(said);
    double last = -1;
    while (rate.find()) {
      last = Double.parseDouble(rate.group(1));
    }
    if (last < 0) {
      throw new IllegalStateException(PROGRAM + " said no rate");
    }
    return last * VALUES;
  }

  private String run(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(PROGRAM + " ended with " + process.exitValue());
      }
      return said;
    } catch (IOException e) {
      throw new IllegalStateException(program + " does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
