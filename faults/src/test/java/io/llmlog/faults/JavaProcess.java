package io.llmlog.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program of the suite in a JVM of its own, which waits for {@code go} once it has started: so
 * that the next one starts while this one is killed. It hears lines on stdin and says lines on
 * stdout that end with a full stop; what a kill has cut off does not.
 */
final class JavaProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path errors;
  private final Writer in;
  private final Thread reader;

  private JavaProcess(Process process, Path errors, Consumer<String> listener) {
    this.process = process;
    this.errors = errors;
    this.in = process.outputWriter(UTF_8);
    this.reader = new Thread(() -> read(listener), "faults-reader-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  static JavaProcess start(
      Path directory,
      Map<String, String> environment,
      Class<?> program,
      List<String> arguments,
      Consumer<String> listener)
      throws IOException {
    Path errors = Files.createTempFile(directory, program.getSimpleName(), ".stderr");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What starts fast: these live for a second.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.add(program.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LLMLOG_"));
    builder.environment().putAll(environment);
    return new JavaProcess(builder.start(), errors, listener);
  }

  private void read(Consumer<String> listener) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.endsWith(".")) {
          listener.accept(line.substring(0, line.length() - 1));
        }
      }
    } catch (IOException e) {
      // Killed: what it had said before was read.
    }
  }

  /** Says a line to the program. */
  void say(String line) {
    try {
      in.write(line + "\n");
      in.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the process hears nothing: " + errors(), e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; when it returns, all that the program said has been heard. */
  void kill() throws InterruptedException {
    // Not Process.destroyForcibly, which closes the pipe before it is read to its end.
    process.toHandle().destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM; does not wait. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** SIGSTOP. */
  void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
      if (kill.waitFor() != 0) {
        throw new AssertionError("kill -" + name + " " + process.pid() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("kill -" + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The kernel's word on it: {@code T} is stopped. */
  String state() throws IOException, InterruptedException {
    Process ps =
        new ProcessBuilder("ps", "-o", "stat=", "-p", Long.toString(process.pid())).start();
    String said = new String(ps.getInputStream().readAllBytes(), UTF_8).trim();
    ps.waitFor();
    return said;
  }

  /** Waits for its end and for its last word; answers the exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end: " + errors());
    }
    reader.join(PATIENCE.toMillis());
    return process.exitValue();
  }

  /** What it said on stderr so far. */
  String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
    try {
      awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
