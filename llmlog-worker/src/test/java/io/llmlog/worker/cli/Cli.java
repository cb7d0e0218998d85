package io.llmlog.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;

/** Runs commands inside the test's process. */
final class Cli {
  private final Map<String, String> variables;

  Cli(Map<String, String> variables) {
    this.variables = variables;
  }

  /** What a command answered. */
  record Answer(int code, String out, String err) {
    /** The number of a key in the one line of JSON on stdout. */
    long number(String key) {
      String mark = '"' + key + "\": ";
      int start = out.indexOf(mark);
      if (start < 0) {
        throw new AssertionError(key + " is not in " + this);
      }
      int from = start + mark.length();
      int to = from;
      while (to < out.length() && (out.charAt(to) == '-' || Character.isDigit(out.charAt(to)))) {
        to++;
      }
      return Long.parseLong(out.substring(from, to));
    }
  }

  Answer run(String... args) {
    return withInput("", args);
  }

  Answer withInput(String input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    // Workers of several tests run on one machine: none has an address unless its test says so.
    Map<String, String> given = new HashMap<>(Map.of("LLMLOG_ADMIN_ADDRESS", "off"));
    given.putAll(variables);
    int code =
        Main.run(
            args,
            given,
            new ByteArrayInputStream(input.getBytes(UTF_8)),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Answer(code, out.toString(UTF_8), err.toString(UTF_8));
  }
}
