package io.llmlog.spool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk that keeps, before and after each of the spool's steps, what a process killed there would
 * leave. Nobody writes or removes meanwhile: each image is one moment.
 */
final class SteppedFiles extends SpoolFiles {
  /**
   * @param kept acknowledged to the caller, and not about to be removed: must be found
   * @param removed must not be found
   */
  record Image(Path directory, String step, Set<String> kept, Set<String> removed) {}

  final List<Image> images = new ArrayList<>();
  final Set<String> accepted = new TreeSet<>();
  final Set<String> removing = new TreeSet<>();
  final Set<String> removed = new TreeSet<>();

  /** The spool whose lock is held for an image; before there is one, nobody can write. */
  volatile @Nullable Spool spool;

  private final Path directory;
  private final Path target;

  /** Every so manieth force and creation fails; 0: none does. */
  private final int failures;

  private int forces;
  private int creations;

  SteppedFiles(Path directory, Path target, int failures) {
    this.directory = directory;
    this.target = target;
    this.failures = failures;
  }

  /** Whether the events of a segment whose force failed were written into another. */
  boolean replaced() {
    synchronized (images) {
      return images.stream().anyMatch(image -> image.step().contains("replace"));
    }
  }

  private interface Step<T> {
    T run() throws IOException;
  }

  private <T> T step(String name, Step<T> step) throws IOException {
    image("before " + name);
    T result = step.run();
    image("after " + name);
    return result;
  }

  private void run(String name, Step<Boolean> step) throws IOException {
    step(name, step);
  }

  private void image(String step) {
    Spool running = spool;
    if (running == null) {
      keep(step);
    } else {
      running.monitor.run(() -> keep(step));
    }
  }

  private void keep(String step) {
    synchronized (images) {
      Path image = target.resolve("image" + images.size());
      try {
        Spools.copy(directory, image);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Set<String> kept = new TreeSet<>(accepted);
      kept.removeAll(removing);
      images.add(new Image(image, step, kept, new TreeSet<>(removed)));
    }
  }

  @Override
  MappedByteBuffer create(Path file, int size) throws IOException {
    boolean fails = failures > 0 && ++creations % failures == 0;
    return step(
        "create " + file.getFileName(),
        () -> {
          if (fails) {
            Files.write(file, new byte[size / 2]);
            throw new IOException("No space left on device");
          }
          return super.create(file, size);
        });
  }

  @Override
  void force(MappedByteBuffer bytes, int from, int length) throws IOException {
    boolean fails = failures > 0 && ++forces % failures == 0;
    run(
        "force",
        () -> {
          if (fails) {
            throw new IOException("Input/output error");
          }
          super.force(bytes, from, length);
          return true;
        });
  }

  @Override
  void forceDirectory(Path path) throws IOException {
    run(
        "force " + path.getFileName(),
        () -> {
          super.forceDirectory(path);
          return true;
        });
  }

  @Override
  void move(Path from, Path to) throws IOException {
    run(
        "move " + from.getFileName(),
        () -> {
          super.move(from, to);
          return true;
        });
  }

  @Override
  void replace(Path from, Path to) throws IOException {
    run(
        "replace " + to.getFileName(),
        () -> {
          super.replace(from, to);
          return true;
        });
  }

  @Override
  void delete(Path file) throws IOException {
    run(
        "delete " + file.getFileName(),
        () -> {
          super.delete(file);
          return true;
        });
  }

  @Override
  void discard(Path file) throws IOException {
    run(
        "discard " + file.getFileName(),
        () -> {
          super.discard(file);
          return true;
        });
  }

  @Override
  void truncate(Path file, int size) throws IOException {
    run(
        "truncate " + file.getFileName(),
        () -> {
          super.truncate(file, size);
          return true;
        });
  }
}
