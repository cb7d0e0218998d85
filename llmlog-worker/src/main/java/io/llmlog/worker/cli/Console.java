package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.LoggerFactory;

/** What a command sees of the process: the environment and the three streams. */
final class Console {
  private final Map<String, String> variables;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;

  Console(Map<String, String> variables, InputStream in, PrintStream out, PrintStream err) {
    this.variables = Map.copyOf(variables);
    this.in = in;
    this.out = out;
    this.err = err;
  }

  Map<String, String> variables() {
    return variables;
  }

  /** Reads the configuration; what is odd about it is said, what is wrong is left to the caller. */
  Environment environment() {
    Environment environment = Environment.of(variables);
    environment.warnings().forEach(LoggerFactory.getLogger(Console.class)::warn);
    return environment;
  }

  InputStream in() {
    return in;
  }

  PrintStream err() {
    return err;
  }

  /** A line of the result; the line feed is the same on every system. */
  void print(String line) {
    out.print(line + "\n");
    out.flush();
  }

  /** A result that has its own line ends. */
  void printRaw(String text) {
    out.print(text);
    out.flush();
  }

  /** A line for the person at the terminal; servers' words in it are made printable. */
  void say(String line) {
    err.print("llmlog: " + printable(line) + "\n");
    err.flush();
  }

  /** Names and errors come from others; an escape sequence in one must not reach the terminal. */
  static String printable(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "\uFFFD");
  }

  PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
