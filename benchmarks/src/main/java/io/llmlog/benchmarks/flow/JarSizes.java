package io.llmlog.benchmarks.flow;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The sizes of the artifacts, and of all that one dependency on {@code io.llmlog:llmlog} brings.
 */
final class JarSizes {
  /** Written by the build of {@code llmlog-all}. */
  private static final String CLASS_PATH = "llmlog-all/target/classpath";

  private static final List<String> ARTIFACTS =
      List.of(
          "llmlog-api/target/llmlog-api-*.jar",
          "llmlog-redis/target/llmlog-redis-*.jar",
          "llmlog-jdbc/target/llmlog-jdbc-*.jar",
          "llmlog-all/target/llmlog-*.jar",
          "llmlog-worker/target/llmlog-worker-*.jar",
          "llmlog-worker/target/llmlog.jar");

  private static final String LINE = "%-54s %,12d%n";

  private final Path checkout;

  /**
   * @param checkout that was built
   */
  JarSizes(Path checkout) {
    this.checkout = checkout;
  }

  /** The class path of a service that depends on llmlog and on nothing else. */
  String serviceClassPath() throws IOException {
    return Files.readString(checkout.resolve(CLASS_PATH)).strip();
  }

  /** What a service gets by that dependency; a file each, the largest first. */
  private List<Path> brought() throws IOException {
    List<Path> jars = new ArrayList<>();
    for (String file : serviceClassPath().split(File.pathSeparator, -1)) {
      jars.add(Path.of(file));
    }
    jars.sort(Comparator.comparingLong(JarSizes::size).reversed());
    return jars;
  }

  void print() throws IOException {
    System.out.printf("%nArtifacts, bytes%n%n");
    for (String artifact : ARTIFACTS) {
      Path pattern = checkout.resolve(artifact);
      try (DirectoryStream<Path> found = Files.newDirectoryStream(parent(pattern), name(pattern))) {
        for (Path jar : found) {
          System.out.printf(Locale.ROOT, LINE, name(jar), size(jar));
        }
      }
    }
    System.out.printf("%nWhat a dependency on io.llmlog:llmlog adds to a service, bytes%n%n");
    long all = 0;
    long ours = 0;
    for (Path jar : brought()) {
      long size = size(jar);
      all += size;
      ours += name(jar).startsWith("llmlog-") ? size : 0;
      System.out.printf(Locale.ROOT, LINE, name(jar), size);
    }
    System.out.printf(Locale.ROOT, LINE, "all", all);
    System.out.printf(Locale.ROOT, LINE, "of it llmlog itself", ours);
    System.out.println(
        "A service has less of it to add where it has Jackson, Netty or SLF4J anyway.");
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    return parent == null ? Path.of("") : parent;
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  private static long size(Path jar) {
    return jar.toFile().length();
  }
}
