package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory that an operator names: subdirectories of loggers, and the quarantine. */
final class SpoolRoot {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  static final String MARKER = "llmlog-spool";
  static final String QUARANTINE = "quarantine";

  private static final String MARKER_TEXT =
      """
      This directory is the spool of llmlog: events on their way to the queue or the database.
      Each logger-... directory belongs to one running logger, or waits to be adopted by the next.
      quarantine holds files that were damaged; it may be emptied.
      """;

  /** What a file system of its own may bring along. */
  private static final Set<String> TOLERATED = Set.of("lost+found");

  private final Path path;
  private final List<Path> subdirectories;

  private SpoolRoot(Path path, List<Path> subdirectories) {
    this.path = path;
    this.subdirectories = subdirectories;
  }

  /**
   * @throws SpoolException where it is missing, no directory, not writable, or another's
   */
  static SpoolRoot open(Path path) {
    if (!Files.exists(path)) {
      throw new SpoolException("Spool directory " + path + ": does not exist");
    }
    if (!Files.isDirectory(path)) {
      throw new SpoolException("Spool directory " + path + ": is not a directory");
    }
    try {
      List<Path> subdirectories = new ArrayList<>();
      List<Path> foreign = new ArrayList<>();
      try (var entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          String name = SpoolDirectory.name(entry);
          if (SpoolDirectory.NAME.matcher(name).matches() && Files.isDirectory(entry)) {
            subdirectories.add(entry);
          } else if (!name.equals(MARKER)
              && !name.equals(QUARANTINE)
              && !TOLERATED.contains(name)) {
            foreign.add(entry);
          }
        }
      }
      mark(path, foreign);
      return new SpoolRoot(path, subdirectories);
    } catch (IOException e) {
      throw unusable(path, e);
    }
  }

  /** A directory is ours when it is marked; an unmarked one must hold nothing of another's. */
  private static void mark(Path path, List<Path> foreign) throws IOException {
    Path marker = path.resolve(MARKER);
    if (Files.isRegularFile(marker)) {
      for (Path each : foreign) {
        LOG.warn("{} is not of the spool and is left alone", each);
      }
      return;
    }
    if (!foreign.isEmpty()) {
      throw new SpoolException(
          "Spool directory "
              + path
              + ": holds "
              + SpoolDirectory.name(foreign.get(0))
              + ", which is not of a spool; name an empty directory");
    }
    try {
      Files.write(marker, MARKER_TEXT.getBytes(UTF_8), CREATE_NEW, WRITE);
    } catch (FileAlreadyExistsException e) {
      LOG.debug("{} was made by another process in this moment", marker);
    }
  }

  static SpoolException unusable(Path path, IOException e) {
    String reason =
        e instanceof AccessDeniedException ? "no permission" : String.valueOf(e.getMessage());
    return new SpoolException("Spool directory " + path + ": cannot be written: " + reason, e);
  }

  List<Path> subdirectories() {
    return subdirectories;
  }

  /** Sets a file aside, under the name of its subdirectory and its own. */
  Path quarantine(SpoolFiles files, Path file) throws IOException {
    Path quarantine = path.resolve(QUARANTINE);
    Files.createDirectories(quarantine);
    Path parent = file.getParent();
    String name =
        (parent == null ? "" : SpoolDirectory.name(parent) + "-") + SpoolDirectory.name(file);
    Path target = quarantine.resolve(name);
    for (int i = 2; Files.exists(target); i++) {
      target = quarantine.resolve(name + "." + i);
    }
    files.move(file, target);
    return target;
  }
}
