package io.llmlog.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A streaming standby of a {@link PostgresServer}, on loopback and a port of its own: it has what
 * the server commits, a moment later. Safe for use by one thread at a time.
 *
 * <p>Made as {@code pg_basebackup} does it, which the embedded binaries lack: a copy of the data
 * directory between the start and the stop of a backup. A slot makes the server keep what the
 * standby needs while it is stopped.
 */
public final class PostgresStandby implements AutoCloseable {
  private static final int OLDEST = 150_000;

  /** Directories whose files are the server's own business. */
  private static final Set<String> NOT_COPIED =
      Set.of(
          "pg_wal",
          "pg_replslot",
          "pg_dynshmem",
          "pg_notify",
          "pg_serial",
          "pg_snapshots",
          "pg_stat_tmp",
          "pg_subtrans");

  /** Settings that a standby must have no smaller than its server. */
  private static final Set<String> NOT_SMALLER =
      Set.of(
          "max_connections",
          "max_worker_processes",
          "max_wal_senders",
          "max_prepared_transactions",
          "max_locks_per_transaction");

  private final String primaryUrl;
  private final PgCtl program;
  private final int port;
  private final String slot;
  private final Thread atExit = new Thread(this::end, "llmlog-standby-end");
  private boolean ended;

  private PostgresStandby(String primaryUrl, PgCtl program, int port) {
    this.primaryUrl = primaryUrl;
    this.program = program;
    this.port = port;
    this.slot = "llmlog_standby_" + port;
  }

  static PostgresStandby of(String primaryUrl, PgCtl primary) throws IOException {
    Path data = Files.createTempDirectory("llmlog-standby");
    PostgresStandby standby =
        new PostgresStandby(primaryUrl, new PgCtl(primary.programs(), data), ServerPort.find());
    Runtime.getRuntime().addShutdownHook(standby.atExit);
    try {
      standby.copy(primary.data());
      standby.start();
      return standby;
    } catch (IOException | RuntimeException e) {
      standby.close();
      throw e;
    }
  }

  /** The URL of the standby's own database, with a user who may do everything. */
  public String url() {
    return url(primaryUrl);
  }

  /** The URL of the same database here as that of a URL of the server. */
  public String url(String primary) {
    return primary.replaceFirst("@127\\.0\\.0\\.1:\\d+/", "@127.0.0.1:" + port + "/");
  }

  /** Goes on receiving, and shows nothing of it. */
  public void pauseReplay() {
    PostgresServer.execute(url(), "SELECT pg_wal_replay_pause()");
    while (!"paused".equals(ask(url(), "SELECT pg_get_wal_replay_pause_state()"))) {
      Thread.onSpinWait();
    }
  }

  /** Shows what was received meanwhile, and what comes. */
  public void resumeReplay() {
    PostgresServer.execute(url(), "SELECT pg_wal_replay_resume()");
  }

  /** Stops it in order; its data stays. */
  public void stop() throws IOException {
    program.run("stop", "-m", "fast");
  }

  /** Starts it again, on its port and data; waits until it answers. */
  public void start() throws IOException {
    program.run("start", "-o", "-F");
  }

  /** Ends it and deletes its data. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook does the rest.
    }
    end();
  }

  private synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      if (program.postmaster().isPresent()) {
        program.run("stop", "-m", "immediate");
      }
      program.deleteData();
    } catch (IOException e) {
      throw new UncheckedIOException("the standby does not end", e);
    }
    try {
      // Or the server would keep its log forever.
      PostgresServer.execute(
          primaryUrl,
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
              + (" AND slot_name = '" + slot + "'"));
    } catch (IllegalStateException e) {
      // The server is away, and gone with it is the slot, or will be.
    }
  }

  private void copy(Path primaryData) throws IOException {
    try (Connection connection = PostgresServer.connect(primaryUrl);
        Statement statement = connection.createStatement()) {
      if (Integer.parseInt(one(statement, "SHOW server_version_num")) < OLDEST) {
        throw new IllegalStateException("a standby needs PostgreSQL 15 or newer");
      }
      one(statement, "SELECT pg_create_physical_replication_slot('" + slot + "', true)");
      one(statement, "SELECT pg_backup_start('llmlog standby', true)");
      Files.walkFileTree(primaryData, new Copier(primaryData, program.data()));
      String label = one(statement, "SELECT labelfile FROM pg_backup_stop(false)");
      Files.writeString(program.data().resolve("backup_label"), label);
      Files.createFile(program.data().resolve("standby.signal"));
      writeSettings(statement);
    } catch (SQLException e) {
      throw new IOException("no base backup", e);
    }
  }

  private void writeSettings(Statement primary) throws SQLException, IOException {
    StringBuilder settings = new StringBuilder();
    for (String name : NOT_SMALLER) {
      settings.append(name).append(" = ").append(one(primary, "SHOW " + name)).append('\n');
    }
    String[] user = primaryUrl.replaceFirst(".*//(.*)@.*", "$1").split(":", 2);
    settings.append(
        """
        listen_addresses = '127.0.0.1'
        port = %d
        hot_standby = on
        primary_slot_name = '%s'
        wal_retrieve_retry_interval = 200ms
        primary_conninfo = 'host=127.0.0.1 port=%s user=%s password=%s'
        """
            .formatted(
                port,
                slot,
                primaryUrl.replaceFirst(".*@127\\.0\\.0\\.1:(\\d+)/.*", "$1"),
                user[0],
                user[1]));
    Files.writeString(
        program.data().resolve("postgresql.auto.conf"),
        settings,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Copies a directory in which a server works: a file may be gone when its turn comes. */
  private static final class Copier extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;

    Copier(Path from, Path to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      Path relative = from.relativize(directory);
      if (relative.getNameCount() > 1 && NOT_COPIED.contains(relative.getName(0).toString())) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      Path copy = to.resolve(relative);
      if (!copy.equals(to)) {
        Files.createDirectory(copy);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Path relative = from.relativize(file);
      String name = file.getFileName().toString();
      boolean skipped =
          NOT_COPIED.contains(relative.getName(0).toString())
              || name.startsWith("postmaster.")
              || name.startsWith("pg_internal.init")
              || name.endsWith(".log")
              || !attributes.isRegularFile();
      if (!skipped) {
        try {
          Files.copy(file, to.resolve(relative));
        } catch (NoSuchFileException e) {
          // Deleted meanwhile; the replay does the same.
        }
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
        throws IOException {
      if (e != null) {
        throw e;
      }
      return FileVisitResult.CONTINUE;
    }
  }

  private static String ask(String url, String sql) {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement()) {
      return one(statement, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql + ": " + e.getMessage(), e);
    }
  }

  private static String one(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
