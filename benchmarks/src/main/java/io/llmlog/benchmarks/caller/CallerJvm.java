package io.llmlog.benchmarks.caller;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Starts the JVMs of {@link CallerProcess}, all of them with the same arguments. */
final class CallerJvm {
  /** What a JVM gets in which a contestant runs: the same for all. */
  static final List<String> ARGUMENTS =
      List.of(
          "-XX:+UseG1GC",
          "-Xms1g",
          "-Xmx1g",
          // A service that runs for hours has touched its heap long ago.
          "-XX:+AlwaysPreTouch",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
          // Logback, a peer here, would answer for SLF4J too.
          "-Dslf4j.provider=org.slf4j.simple.SimpleServiceProvider",
          "-Dslf4j.internal.verbosity=WARN",
          // What the documentation of Chronicle asks for on JDK 17.
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
          "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
          "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
          "--add-opens=java.base/java.io=ALL-UNNAMED",
          "--add-opens=java.base/java.util=ALL-UNNAMED");

  private CallerJvm() {}

  /** Starts one; what it says on stderr is said here too. */
  static Process start(String what, Contestant contestant, FarEnd farEnd, Object... more)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ARGUMENTS);
    Collections.addAll(command, "-cp", System.getProperty("java.class.path"));
    Collections.addAll(command, CallerProcess.class.getName(), what, contestant.label());
    String redis = farEnd.redisUrl();
    Collections.addAll(command, farEnd.directory().toString(), redis == null ? "-" : redis);
    for (Object argument : more) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
  }

  /** Runs one to its end; answers the numbers of its result. */
  static Map<String, Long> run(String what, Contestant contestant, FarEnd farEnd, Object... more) {
    try {
      return result(start(what, contestant, farEnd, more), what + " of " + contestant.label());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the end of one; answers the numbers of its result. */
  static Map<String, Long> result(Process process, String what) throws IOException {
    String last = "";
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line.startsWith(CallerProcess.RESULT) ? line : last;
      }
      if (process.waitFor() != 0 || last.isEmpty()) {
        throw new IllegalStateException(what + " ended with " + process.exitValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return numbers(last.substring(CallerProcess.RESULT.length()));
  }

  private static Map<String, Long> numbers(String line) {
    Map<String, Long> numbers = new HashMap<>();
    for (String pair : line.trim().split(" ", -1)) {
      int equals = pair.indexOf('=');
      numbers.put(pair.substring(0, equals), Long.parseLong(pair.substring(equals + 1)));
    }
    return numbers;
  }
}
