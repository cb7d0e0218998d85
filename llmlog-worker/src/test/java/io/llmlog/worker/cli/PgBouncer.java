package io.llmlog.worker.cli;

import io.llmlog.worker.Wait;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Debian's PgBouncer in transaction mode before a server on loopback. */
final class PgBouncer implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;

  private PgBouncer(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /**
   * Starts it and waits until it accepts connections.
   *
   * @param url any database of the server
   * @param users lines of its {@code auth_file}: {@code "user" "password"}
   * @param sessions with the server, for each user and database
   */
  static PgBouncer start(Path directory, String url, List<String> users, int sessions)
      throws IOException {
    URI server = URI.create(url);
    int port = FreePort.find();
    Path userFile = Files.write(directory.resolve("users.txt"), users);
    Path log = directory.resolve("pgbouncer.log");
    Path config =
        Files.writeString(
            directory.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=%s port=%d
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            pool_mode = transaction
            default_pool_size = %d
            ignore_startup_parameters = extra_float_digits
            """
                .formatted(server.getHost(), server.getPort(), port, userFile, sessions));
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      // It refuses to run as root.
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of("pgbouncer", config.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    PgBouncer started = new PgBouncer(process, log, port);
    Wait.until("pgbouncer on port " + port, started::answers);
    return started;
  }

  /** The URL of the same database through it. */
  String through(String url) {
    return url.replaceFirst("@[^/]+/", "@127.0.0.1:" + port + "/");
  }

  private boolean answers() {
    if (!process.isAlive()) {
      throw new AssertionError("pgbouncer ended: " + log());
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
