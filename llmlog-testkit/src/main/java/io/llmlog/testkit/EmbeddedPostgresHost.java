package io.llmlog.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * PostgreSQL from a Maven artifact, on loopback and a free port, with data in a temporary
 * directory. The library unpacks, initializes and starts it; faults are {@code pg_ctl}'s work.
 */
final class EmbeddedPostgresHost implements PostgresHost {
  private static final String USER = "llmlog";
  private static final String PASSWORD = "llmlog";

  /** Passwords count, so that tests can use a wrong one; the library itself comes without. */
  private static final String CLIENT_RULES =
      """
      host all postgres 127.0.0.1/32 trust
      host all postgres ::1/128 trust
      host all all 127.0.0.1/32 scram-sha-256
      host replication all 127.0.0.1/32 scram-sha-256
      """;

  private final EmbeddedPostgres postgres;
  private final PgCtl program;
  private final Thread atExit = new Thread(this::end, "llmlog-postgres-end");
  private boolean ended;

  private EmbeddedPostgresHost(EmbeddedPostgres postgres, Path data) throws IOException {
    this.postgres = postgres;
    String options = Files.readString(data.resolve("postmaster.opts"));
    Path programs = Path.of(options.substring(0, options.indexOf(' '))).resolveSibling("");
    this.program = new PgCtl(programs, data);
  }

  static EmbeddedPostgresHost start(int major, Map<String, String> settings) {
    try {
      Path data = Files.createTempDirectory("llmlog-postgres");
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder()
              .setPgBinaryResolver(new PostgresBinaries(major))
              .setDataDirectory(data)
              .setPort(ServerPort.find())
              .setRegisterShutdownHook(false)
              // The library gives up after 10 s, too soon for a busy machine.
              .setPGStartupWait(Duration.ofSeconds(60))
              .setLocaleConfig("locale", "C")
              .setServerConfig("listen_addresses", "localhost")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("password_encryption", "scram-sha-256")
              .setDataDirectoryCustomizer(EmbeddedPostgresHost::writeClientRules);
      settings.forEach(builder::setServerConfig);
      EmbeddedPostgresHost host = new EmbeddedPostgresHost(builder.start(), data);
      Runtime.getRuntime().addShutdownHook(host.atExit);
      PostgresServer.execute(
          "postgresql://postgres@127.0.0.1:" + host.postgres.getPort() + "/postgres",
          "CREATE ROLE " + USER + " SUPERUSER LOGIN PASSWORD '" + PASSWORD + "'");
      return host;
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded PostgreSQL does not start", e);
    }
  }

  @Override
  public String url() {
    return "postgresql://%s:%s@127.0.0.1:%d/postgres".formatted(USER, PASSWORD, postgres.getPort());
  }

  @Override
  public PostgresStandby standby() throws IOException {
    return PostgresStandby.of(url(), program);
  }

  @Override
  public void stop(String mode) throws IOException {
    program.run("stop", "-m", mode);
  }

  @Override
  public void kill() throws IOException {
    Optional<ProcessHandle> postmaster = program.postmaster();
    if (postmaster.isEmpty()) {
      throw new IOException("the embedded PostgreSQL does not run");
    }
    // The children first seen: they hold the shared memory that a restart asks for.
    List<ProcessHandle> all = new ArrayList<>(List.of(postmaster.get()));
    postmaster.get().descendants().forEach(all::add);
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(process -> process.onExit().join());
  }

  @Override
  public void restart() throws IOException {
    if (program.postmaster().isEmpty()) {
      // What a killed server left; pg_ctl would take the number for a process to stop.
      Files.deleteIfExists(program.data().resolve("postmaster.pid"));
    }
    program.run("restart", "-m", "fast");
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook ends the server once more, which does nothing.
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
        // Also deletes the data.
        postgres.close();
      } else {
        program.deleteData();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded PostgreSQL does not end", e);
    }
  }

  private static void writeClientRules(File data) {
    try {
      Files.writeString(data.toPath().resolve("pg_hba.conf"), CLIENT_RULES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
