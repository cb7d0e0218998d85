package io.llmlog.benchmarks.flow;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program of this package in a JVM of its own. It hears lines on stdin and answers each with one
 * line on stdout; what it says without being asked begins with {@value #NEWS}. It ends when its
 * stdin does, so that it does not outlive this JVM.
 */
final class Child implements AutoCloseable {
  /** Begins a line that is no answer. */
  static final String NEWS = "! ";

  /** With it a program ends in good order. */
  static final String CLOSE = "close";

  /**
   * A property of this JVM: one more option for those of all children, such as another collector.
   */
  static final String OPTION = "llmlog.benchmark.child";

  private static final long PATIENCE_SECONDS = 60;
  private static final int SAID_AT_MOST = 2000;

  /** In place of an answer once the program has ended; no program says it. */
  private static final String END = "\u0004";

  private final String name;
  private final Process process;
  private final Path errors;
  private final Writer in;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private final Thread reader;

  private Child(String name, Process process, Path errors, Consumer<String> listener) {
    this.name = name;
    this.process = process;
    this.errors = errors;
    this.in = process.outputWriter(UTF_8);
    this.reader = new Thread(() -> read(listener), "benchmark-reader-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a program on the class path of this one, which tells no news. */
  static Child start(
      Class<?> program, List<String> options, Map<String, String> variables, String... arguments)
      throws IOException {
    return start(
        System.getProperty("java.class.path"), program, options, variables, line -> {}, arguments);
  }

  /**
   * Starts a program.
   *
   * @param options of the JVM, such as {@code -Xmx256m}
   * @param variables of its environment, which has no other of llmlog's
   * @param listener is told the news, without what they begin with, by one thread
   */
  static Child start(
      String classPath,
      Class<?> program,
      List<String> options,
      Map<String, String> variables,
      Consumer<String> listener,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    String option = System.getProperty(OPTION);
    if (option != null) {
      command.add(option);
    }
    if (classPath.contains("slf4j-simple")) {
      // Else Logback, which stands there as a peer, would answer for SLF4J, on the output read
      // here.
      command.add("-Dslf4j.provider=org.slf4j.simple.SimpleServiceProvider");
      command.add("-Dslf4j.internal.verbosity=WARN");
    }
    command.addAll(List.of("-cp", classPath, program.getName()));
    command.addAll(List.of(arguments));
    Path errors = Files.createTempFile("llmlog-benchmark-", ".stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().keySet().removeIf(Child::isOurs);
    builder.environment().putAll(variables);
    return new Child(program.getSimpleName(), builder.start(), errors, listener);
  }

  private static boolean isOurs(String variable) {
    return variable.startsWith("LLMLOG_")
        || variable.startsWith("ANALYTICS_")
        || variable.equals("REDIS_URL");
  }

  private void read(Consumer<String> listener) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(NEWS)) {
          listener.accept(line.substring(NEWS.length()));
        } else {
          answers.add(line);
        }
      }
    } catch (IOException e) {
      // It was ended meanwhile.
    } finally {
      answers.add(END);
    }
  }

  /** Says a line and waits for the answer. */
  String ask(String line) throws InterruptedException {
    say(line);
    return answer();
  }

  /** As {@link #ask}, of an answer that is numbers with a space between. */
  long[] numbers(String line) throws InterruptedException {
    say(line);
    return numbersSaid();
  }

  /** As {@link #answer}, of numbers with a space between. */
  long[] numbersSaid() throws InterruptedException {
    return Arrays.stream(answer().split(" ", -1)).mapToLong(Long::parseLong).toArray();
  }

  private void say(String line) {
    try {
      in.write(line + "\n");
      in.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " hears nothing: " + errors(), e);
    }
  }

  /** The next answer, also to what nobody asked: its first word. */
  String answer() throws InterruptedException {
    String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new IllegalStateException(
          name + " does not answer within " + PATIENCE_SECONDS + " s: " + errors());
    }
    if (answer.equals(END)) {
      throw new IllegalStateException(name + " has ended: " + errors());
    }
    return answer;
  }

  long pid() {
    return process.pid();
  }

  /** The end of what it said on stderr. */
  String errors() {
    try {
      String all = Files.readString(errors);
      return all.substring(Math.max(0, all.length() - SAID_AT_MOST));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it, unless it has ended. */
  @Override
  public void close() {
    try {
      // One that was told to close has some of this time to end by itself.
      if (!answers.contains(END) && !process.waitFor(1, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      process.waitFor();
      reader.join();
      Files.deleteIfExists(errors);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
