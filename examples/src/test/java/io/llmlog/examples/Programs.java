package io.llmlog.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs as processes of their own, as a user would. */
public final class Programs {
  private static final long SECONDS = 120;

  /** A program that runs; its output goes to files. */
  public record Running(Process process, Path out, Path err) {
    /** Waits for the end and answers what it said. */
    public Ended await() throws IOException, InterruptedException {
      assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), "runs for too long");
      return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  /** What a program left. */
  public record Ended(int exitCode, String out, String err) {}

  private Programs() {}

  /** Starts a class of this module with the class path of the test. */
  public static Running java(
      Path directory, Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return start(directory, environment, command);
  }

  /** Starts any program. */
  public static Running start(Path directory, Map<String, String> environment, List<String> command)
      throws IOException {
    Path out = Files.createTempFile(directory, "program", ".out");
    Path err = Files.createTempFile(directory, "program", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  /** The repository's root: the nearest directory above with a README. */
  public static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("README.md"))) {
      directory = directory.getParent();
      if (directory == null) {
        throw new IllegalStateException("no README.md here or above");
      }
    }
    return directory;
  }

  /** The text of a file of the repository. */
  public static String text(String path) throws IOException {
    return Files.readString(root().resolve(path), StandardCharsets.UTF_8);
  }
}
