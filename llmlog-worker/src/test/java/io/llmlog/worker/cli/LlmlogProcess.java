package io.llmlog.worker.cli;

import io.llmlog.worker.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The program as a process of its own, on the class path of the tests. */
public final class LlmlogProcess implements AutoCloseable {
  private final Process process;
  private final Path out;
  private final Path err;

  private LlmlogProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  public static LlmlogProcess start(Path directory, Map<String, String> variables, String... args)
      throws IOException {
    Path out = Files.createTempFile(directory, "out", ".txt");
    Path err = Files.createTempFile(directory, "err", ".txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // They live for seconds, on cores that others want too.
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LLMLOG_"));
    // As for the commands inside the test's process.
    builder.environment().put("LLMLOG_ADMIN_ADDRESS", "off");
    builder.environment().putAll(variables);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new LlmlogProcess(process, out, err);
  }

  /** Writes to its stdin, which stays open. */
  void input(String text) throws IOException {
    process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  String out() {
    return text(out);
  }

  public String err() {
    return text(err);
  }

  /** Waits until stderr holds the text. */
  void awaitErr(String text) {
    Wait.until("'" + text + "' on stderr of " + process, () -> err().contains(text) || ended());
    if (!err().contains(text)) {
      throw new AssertionError("the process ended with " + process.exitValue() + ": " + err());
    }
  }

  private boolean ended() {
    return !process.isAlive();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL; returns when the process is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for its end and answers the exit code. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end: " + err());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
