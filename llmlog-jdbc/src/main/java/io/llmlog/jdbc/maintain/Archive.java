package io.llmlog.jdbc.maintain;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/**
 * A directory that keeps the partitions which retention drops, a file each: {@code
 * analytics.llm_logs_2025_10.zip}. No file is ever written over; where one of that name holds other
 * rows, the next gets a number.
 *
 * <p>Safe for use by several threads and processes at once.
 */
public final class Archive {
  private static final String SUFFIX = ".zip";
  private static final String PART = ".part";
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("_uuuu_MM_dd");

  /** Nobody writes for so long without the file growing. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  /** More files for one partition than a person ever restores to change it. */
  private static final int MOST = 1000;

  private final Path directory;

  private Archive(Path directory) {
    this.directory = directory;
  }

  /**
   * @throws IllegalArgumentException if the directory does not exist or cannot be written into; the
   *     text says what is allowed and does not name it
   */
  public static Archive in(Path directory) {
    if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
      throw new IllegalArgumentException("must be a directory that exists and may be written into");
    }
    return new Archive(directory);
  }

  /** An {@link Archiver}. */
  void keep(Connection connection, String parent, Piece piece) throws SQLException, IOException {
    Range range = piece.range();
    if (range == null) {
      throw new IOException(piece.name() + ": says nothing of the time of its rows");
    }
    // What tables may be called, files may not.
    String table = table(parent, piece, range);
    String name = (piece.schema() + "." + table).replaceAll("[^A-Za-z0-9_.-]", "_");
    discardAbandoned(piece.schema());
    // Of its own name: a second round, in case the first one's lock was cut off, or that of another
    // database, must not write into it.
    Path part = directory.resolve(name + "." + UUID.randomUUID() + PART);
    try {
      ArchiveFile written = write(connection, parent, piece, table, range, part);
      written.verify();
      giveName(part, name, written.facts());
      force(directory);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** A chunk of TimescaleDB has a number for a name: it is called by its first day. */
  private static String table(String parent, Piece piece, Range range) {
    return piece.name().startsWith(parent + "_")
        ? piece.name()
        : parent + DAY.format(range.from().atZone(ZoneOffset.UTC));
  }

  private static ArchiveFile write(
      Connection connection, String parent, Piece piece, String table, Range range, Path part)
      throws SQLException, IOException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      // Values as text that any session reads alike; rows always in the same order, so that the
      // same rows make the same file; and however long it takes.
      statement.execute(
          """
          SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO';
          SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0;
          SET LOCAL statement_timeout = 0
          """);
      // Those of the whole table's order: a partition and the one it is restored to may differ.
      String whole = Piece.quote(piece.schema()) + "." + Piece.quote(parent);
      List<String> columns = Catalog.columnNames(connection, piece.quoted(), whole);
      if (columns.stream().anyMatch(column -> column.contains(","))) {
        throw new IOException("a column with a comma in its name: " + columns);
      }
      // By a query: of a compressed chunk, COPY itself would not see the rows.
      String copy =
          "COPY (SELECT %s FROM %s) TO STDOUT (FORMAT csv, HEADER)"
              .formatted(
                  columns.stream().map(Piece::quote).collect(Collectors.joining(", ")),
                  piece.quoted());
      ArchiveFile file =
          ArchiveFile.write(
              part,
              parent,
              table,
              range,
              columns,
              (ArchiveFile.Rows<SQLException>)
                  csv -> connection.unwrap(PGConnection.class).getCopyAPI().copyOut(copy, csv));
      try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + piece.quoted())) {
        row.next();
        if (row.getLong(1) != file.facts().content().rows()) {
          throw new IOException(
              "%s holds %d rows, of which %d were archived"
                  .formatted(piece.name(), row.getLong(1), file.facts().content().rows()));
        }
      }
      return file;
    } finally {
      Patience.rollBack(connection);
      if (!connection.isClosed()) {
        connection.setAutoCommit(true);
      }
    }
  }

  /** Unless a file with the same rows is there: then a round was killed before it dropped them. */
  private void giveName(Path part, String name, ArchiveFile.Facts facts) throws IOException {
    for (int number = 1; number <= MOST; number++) {
      Path path = directory.resolve(name + (number == 1 ? "" : "-" + number) + SUFFIX);
      if ((!Files.exists(path) && claim(part, path)) || holds(path, facts)) {
        return;
      }
    }
    throw new IOException(directory + ": holds " + MOST + " archives of " + facts.table());
  }

  /** Answers false if somebody else was faster: a move alone would replace that file. */
  private static boolean claim(Path part, Path path) throws IOException {
    try {
      Files.createLink(path, part);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (UnsupportedOperationException | FileSystemException e) {
      // A file system without links. An empty file holds the place for a moment.
    }
    try {
      Files.createFile(path, OwnerOnly.of(path));
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    return true;
  }

  private static boolean holds(Path path, ArchiveFile.Facts facts) {
    try {
      ArchiveFile there = ArchiveFile.open(path);
      if (!there.facts().equals(facts)) {
        return false;
      }
      there.verify();
      return true;
    } catch (IOException e) {
      // Something else, or damaged: it stays, and the rows get a file of their own.
      return false;
    }
  }

  /** What killed rounds left; never complete, or it would bear its name. */
  private void discardAbandoned(String schema) throws IOException {
    Instant limit = Clock.systemUTC().instant().minus(ABANDONED);
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(directory, schema + ".*" + PART)) {
      for (Path part : parts) {
        if (Files.getLastModifiedTime(part).toInstant().isBefore(limit)) {
          Files.deleteIfExists(part);
        }
      }
    }
  }

  /** A name is safe when its directory is. */
  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
