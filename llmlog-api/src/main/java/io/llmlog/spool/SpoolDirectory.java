package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A subdirectory that this process has locked: its own, or one that a dead process left. */
final class SpoolDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  static final Pattern NAME = Pattern.compile("logger-[0-9a-f]{16}");
  static final String SEGMENT_SUFFIX = ".seg";
  static final String UNFINISHED_SUFFIX = ".new";
  static final String LOCK = "lock";

  private static final Pattern LOCK_TEXT =
      Pattern.compile("llmlog spool ([0-9]{1,9})(?: salt=([0-9a-f]{16}))?[^\\n]*\\n?");
  private static final Pattern SEGMENT_NAME = Pattern.compile("[0-9]{12}\\.seg");

  /**
   * The subdirectories that this JVM holds, separated by spaces. A process loses its lock on a file
   * when it closes any other channel on it, so a second spool must not even look at the file. A
   * property, because two class loaders may each have this class.
   */
  private static final String HELD = "io.llmlog.spool.held";

  final Path path;
  final long salt;
  private FileChannel lockChannel;

  /** Of the file whose lock this process made and holds. */
  private @Nullable Object lockKey;

  /** How many segments there are to read or deliver; guarded by the lock of the spool. */
  int segments;

  private long lastNumber;

  private SpoolDirectory(Path path, long salt, FileChannel lockChannel) {
    this.path = path;
    this.salt = salt;
    this.lockChannel = lockChannel;
  }

  /** Makes one for this process. */
  static SpoolDirectory create(Path root) throws IOException {
    SecureRandom random = new SecureRandom();
    SpoolDirectory created = null;
    while (created == null) {
      Path path = root.resolve("logger-" + HexFormat.of().toHexDigits(random.nextLong()));
      hold(name(path));
      try {
        created = create(path, random.nextLong());
      } finally {
        if (created == null) {
          letGo(name(path));
        }
      }
    }
    return created;
  }

  private static @Nullable SpoolDirectory create(Path path, long salt) throws IOException {
    FileChannel channel = createLocked(path, salt);
    if (channel == null) {
      return null;
    }
    SpoolDirectory created = new SpoolDirectory(path, salt, channel);
    created.lockKey = lockKey(path);
    return created;
  }

  /** Null where another process took it for a dead one's in this moment. */
  private static @Nullable FileChannel createLocked(Path path, long salt) throws IOException {
    Files.createDirectory(path);
    try {
      return lockNew(path, salt);
    } catch (IOException e) {
      // Half made, as on a full disk, it would be in the way of the next try.
      try {
        Files.deleteIfExists(path);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  private static @Nullable FileChannel lockNew(Path path, long salt) throws IOException {
    Path lockFile = path.resolve(LOCK);
    FileChannel channel;
    try {
      channel = FileChannel.open(lockFile, CREATE_NEW, READ, WRITE);
    } catch (FileAlreadyExistsException | NoSuchFileException e) {
      return null;
    }
    boolean locked = false;
    boolean created = false;
    try {
      // That process may also have been and gone: it has deleted the file then.
      locked = channel.tryLock() != null && Files.exists(lockFile);
      if (locked) {
        String text =
            "llmlog spool %d salt=%016x pid=%d%n"
                .formatted(Segment.VERSION, salt, ProcessHandle.current().pid());
        channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)), 0);
        created = true;
      }
      return created ? channel : null;
    } finally {
      try {
        if (locked && !created) {
          Files.deleteIfExists(lockFile);
        }
      } finally {
        if (!created) {
          channel.close();
        }
      }
    }
  }

  /** Which file the lock is, without opening it; null where nobody can say. */
  private static @Nullable Object lockKey(Path path) {
    try {
      return Files.readAttributes(path.resolve(LOCK), BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  boolean isMissing() {
    return Files.notExists(path);
  }

  /** Makes it again, where somebody removed it; moved away and back, it is as good as before. */
  void restore() throws IOException {
    if (lockKey != null && lockKey.equals(lockKey(path))) {
      return;
    }
    FileChannel channel = createLocked(path, salt);
    if (channel == null) {
      throw new IOException(path + " was taken by another process");
    }
    lockChannel.close();
    lockChannel = channel;
    lockKey = lockKey(path);
  }

  /**
   * Takes over the subdirectory of a dead process.
   *
   * @return null where its owner lives, or where it is of a newer format: then nothing is touched
   */
  static @Nullable SpoolDirectory claim(Path path) throws IOException {
    if (!hold(name(path))) {
      return null;
    }
    FileChannel channel = null;
    boolean claimed = false;
    try {
      int version = versionOf(path);
      if (version > Segment.VERSION) {
        LOG.warn(
            "{} is a spool of format version {}, and this llmlog reads up to {}: it is left as it"
                + " is; a newer llmlog delivers it",
            path,
            version,
            Segment.VERSION);
        return null;
      }
      Path lockFile = path.resolve(LOCK);
      channel = FileChannel.open(lockFile, CREATE, READ, WRITE);
      // The lock of a file that another process has just deleted is worth nothing.
      claimed = channel.tryLock() != null && Files.exists(lockFile);
      return claimed ? new SpoolDirectory(path, saltIn(channel), channel) : null;
    } catch (OverlappingFileLockException | NoSuchFileException e) {
      return null;
    } finally {
      if (!claimed) {
        if (channel != null) {
          channel.close();
        }
        letGo(name(path));
      }
    }
  }

  /** The newest format version that anything in it names. */
  private static int versionOf(Path path) throws IOException {
    int version = 0;
    Path lockFile = path.resolve(LOCK);
    if (Files.exists(lockFile)) {
      try (FileChannel channel = FileChannel.open(lockFile, READ)) {
        Matcher text = lockText(channel);
        version = text.matches() ? Integer.parseInt(text.group(1)) : 0;
      }
    }
    try (var files = Files.newDirectoryStream(path, SpoolDirectory::isSegment)) {
      for (Path file : files) {
        version = Math.max(version, Segment.versionOf(header(file)));
      }
    }
    return version;
  }

  private static long saltIn(FileChannel lockFile) throws IOException {
    Matcher text = lockText(lockFile);
    return text.matches() && text.group(2) != null
        ? HexFormat.fromHexDigitsToLong(text.group(2))
        : 0;
  }

  private static Matcher lockText(FileChannel lockFile) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(1024);
    lockFile.read(bytes, 0);
    return LOCK_TEXT.matcher(new String(bytes.array(), 0, bytes.position(), UTF_8));
  }

  /** The first bytes of a segment and its first frame. */
  static ByteBuffer header(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(Segment.HEADER_BYTES + Frame.HEADER_BYTES);
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  static boolean isSegment(Path file) {
    return SEGMENT_NAME.matcher(name(file)).matches() && Files.isRegularFile(file);
  }

  Path nextSegment() {
    return path.resolve("%012d%s".formatted(++lastNumber, SEGMENT_SUFFIX));
  }

  /** The name of a file until it is complete. */
  static Path unfinished(Path file) {
    return Path.of(file + UNFINISHED_SUFFIX);
  }

  /** The directory that the operator named. */
  Path root() {
    return Objects.requireNonNull(path.getParent());
  }

  boolean isReleased() {
    return !lockChannel.isOpen();
  }

  /** Unlocks it; the next spool that is opened will adopt it. */
  void release() throws IOException {
    lockChannel.close();
    letGo(name(path));
  }

  /** Removes it; what is still in it stays, for the next that is opened. */
  void removeAndRelease(SpoolFiles files) throws IOException {
    try {
      try (var left = Files.newDirectoryStream(path, file -> !name(file).equals(LOCK))) {
        if (left.iterator().hasNext()) {
          return;
        }
      }
      files.delete(path.resolve(LOCK));
      files.delete(path);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      LOG.debug("{} was removed by somebody else, or is another's by now", path);
    } finally {
      release();
    }
  }

  static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  private static boolean hold(String name) {
    boolean[] added = new boolean[1];
    System.getProperties()
        .compute(
            HELD,
            (key, held) -> {
              String names = held == null ? "" : held.toString();
              added[0] = !Arrays.asList(names.split(" ", -1)).contains(name);
              return added[0] ? (names + " " + name).strip() : names;
            });
    return added[0];
  }

  private static void letGo(String name) {
    System.getProperties()
        .computeIfPresent(
            HELD,
            (key, held) -> {
              String left =
                  Arrays.stream(held.toString().split(" ", -1))
                      .filter(each -> !each.equals(name))
                      .reduce("", (a, b) -> (a + " " + b).strip());
              return left.isEmpty() ? null : left;
            });
  }
}
