package io.llmlog.jdbc.maintain;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * One partition in a file: a ZIP with the rows as CSV, as PostgreSQL's {@code COPY} writes them,
 * and what is said of them in {@code archive.properties}. docs/DATABASE.md describes it.
 */
final class ArchiveFile {
  static final int FORMAT = 1;

  private static final String ROWS = "rows.csv";
  private static final String FACTS = "archive.properties";
  private static final int MOST_FACTS = 1 << 20;

  private final Path path;
  private final Facts facts;

  private ArchiveFile(Path path, Facts facts) {
    this.path = path;
    this.facts = facts;
  }

  /**
   * What a file says of its rows.
   *
   * @param parent the table that the partition was part of, without the schema
   * @param table the partition's own name, without the schema
   * @param columns in the order of the rows
   * @param content how many rows there are, and their checksum
   */
  record Facts(String parent, String table, Range range, List<String> columns, Content content) {
    Facts {
      columns = List.copyOf(columns);
    }
  }

  /**
   * What was counted while rows passed.
   *
   * @param rows the header excluded
   * @param bytes of the CSV, the header included
   * @param sha256 of the same, hexadecimal
   */
  record Content(long rows, long bytes, String sha256) {}

  /** Writes the rows of a partition as CSV with a header, and closes nothing. */
  @FunctionalInterface
  interface Rows<E extends Exception> {
    void writeTo(OutputStream csv) throws IOException, E;
  }

  /**
   * Writes a new file, which is on the disk when this returns.
   *
   * @throws IOException also if the file exists
   */
  static <E extends Exception> ArchiveFile write(
      Path path, String parent, String table, Range range, List<String> columns, Rows<E> rows)
      throws IOException, E {
    Facts facts;
    // Of the owner alone where the file system can say so: prompts may be in it.
    try (FileChannel channel =
            FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                OwnerOnly.of(path));
        ZipOutputStream zip =
            new ZipOutputStream(
                new BufferedOutputStream(Channels.newOutputStream(channel)), UTF_8)) {
      zip.putNextEntry(new ZipEntry(ROWS));
      Counting counting = new Counting(zip);
      rows.writeTo(counting);
      zip.closeEntry();
      facts = new Facts(parent, table, range, columns, counting.content());
      zip.putNextEntry(new ZipEntry(FACTS));
      properties(facts).store(zip, null);
      zip.closeEntry();
      zip.finish();
      zip.flush();
      channel.force(true);
    }
    return new ArchiveFile(path, facts);
  }

  /**
   * Opens a file; its rows are not read yet.
   *
   * @throws IOException if it is none, is damaged, or of a newer format
   */
  static ArchiveFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException(path + ": must be a file that exists");
    }
    try (ZipFile zip = new ZipFile(path.toFile(), UTF_8)) {
      ZipEntry entry = entry(zip, path, FACTS);
      byte[] text;
      try (InputStream in = zip.getInputStream(entry)) {
        text = in.readNBytes(MOST_FACTS);
      }
      // A ZipFile does not look at this sum, and the facts are in no other.
      CRC32 sum = new CRC32();
      sum.update(text);
      if (sum.getValue() != entry.getCrc()) {
        throw new IOException(path + ": is damaged: " + FACTS + " is not what was written");
      }
      Properties facts = new Properties();
      facts.load(new ByteArrayInputStream(text));
      return new ArchiveFile(path, facts(path, facts));
    } catch (ZipException | EOFException | IllegalArgumentException e) {
      throw new IOException(path + ": is no archive of llmlog, or not all of one: " + e, e);
    }
  }

  Facts facts() {
    return facts;
  }

  Path path() {
    return path;
  }

  /**
   * Reads all rows.
   *
   * @throws IOException if they are not those that were written
   */
  void verify() throws IOException {
    try (ZipFile zip = new ZipFile(path.toFile(), UTF_8);
        InputStream in = zip.getInputStream(entry(zip, path, ROWS))) {
      Counting counting = new Counting(OutputStream.nullOutputStream());
      in.transferTo(counting);
      Content found = counting.content();
      if (!found.equals(facts.content())) {
        throw new IOException(
            "%s: is damaged: holds %s, must hold %s".formatted(path, found, facts.content()));
      }
    } catch (ZipException | EOFException e) {
      throw new IOException(path + ": is damaged: " + e, e);
    }
  }

  /** Hands the rows to a reader, as CSV with a header. */
  <E extends Exception> void read(Reader<E> reader) throws IOException, E {
    try (ZipFile zip = new ZipFile(path.toFile(), UTF_8);
        InputStream in = zip.getInputStream(entry(zip, path, ROWS))) {
      reader.read(in);
    }
  }

  /** Reads rows, and closes nothing. */
  @FunctionalInterface
  interface Reader<E extends Exception> {
    void read(InputStream csv) throws IOException, E;
  }

  private static ZipEntry entry(ZipFile zip, Path path, String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new IOException(path + ": is no archive of llmlog: there is no " + name + " in it");
    }
    return entry;
  }

  private static Properties properties(Facts facts) {
    Properties properties = new Properties();
    properties.setProperty("format", Integer.toString(FORMAT));
    properties.setProperty("parent", facts.parent());
    properties.setProperty("table", facts.table());
    properties.setProperty("from", facts.range().from().toString());
    properties.setProperty("to", facts.range().to().toString());
    properties.setProperty("columns", String.join(",", facts.columns()));
    properties.setProperty("rows", Long.toString(facts.content().rows()));
    properties.setProperty("bytes", Long.toString(facts.content().bytes()));
    properties.setProperty("sha256", facts.content().sha256());
    return properties;
  }

  private static Facts facts(Path path, Properties properties) throws IOException {
    String format = value(path, properties, "format");
    if (!format.equals(Integer.toString(FORMAT))) {
      throw new IOException(
          "%s: is of format %s, this program knows %d: use a newer llmlog"
              .formatted(path, format, FORMAT));
    }
    try {
      return new Facts(
          value(path, properties, "parent"),
          value(path, properties, "table"),
          new Range(
              Instant.parse(value(path, properties, "from")),
              Instant.parse(value(path, properties, "to"))),
          List.of(value(path, properties, "columns").split(",", -1)),
          new Content(
              Long.parseLong(value(path, properties, "rows")),
              Long.parseLong(value(path, properties, "bytes")),
              value(path, properties, "sha256")));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new IOException(path + ": is damaged: " + FACTS + ": " + e.getMessage(), e);
    }
  }

  private static String value(Path path, Properties properties, String key) throws IOException {
    String value = properties.getProperty(key);
    if (value == null) {
      throw new IOException(path + ": is damaged: " + FACTS + " has no " + key);
    }
    return value;
  }

  /** Counts rows, and sums up their bytes, on their way to another stream, which stays open. */
  private static final class Counting extends OutputStream {
    private final OutputStream out;
    private final MessageDigest digest;
    private long bytes;
    private long lines;
    private boolean quoted;

    Counting(OutputStream out) {
      this.out = out;
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      for (int i = offset; i < offset + length; i++) {
        // A quote within quotes is doubled, so each one opens or closes.
        if (buffer[i] == '"') {
          quoted = !quoted;
        } else if (buffer[i] == '\n' && !quoted) {
          lines++;
        }
      }
      bytes += length;
      digest.update(buffer, offset, length);
      out.write(buffer, offset, length);
    }

    Content content() {
      return new Content(Math.max(0, lines - 1), bytes, HexFormat.of().formatHex(digest.digest()));
    }
  }
}
