package io.llmlog.testkit;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** PostgreSQL in a container, published on loopback alone. */
final class PostgresContainer implements PostgresHost {
  private static final String DEFAULT_IMAGE = "postgres:15";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final PostgreSQLContainer container;
  private final String url;

  private PostgresContainer(PostgreSQLContainer container, String url) {
    this.container = container;
    this.url = url;
  }

  static PostgresContainer start(@Nullable String image, int major, Map<String, String> settings) {
    String wanted = major == 0 ? DEFAULT_IMAGE : "postgres:" + major;
    DockerImageName name =
        DockerImageName.parse(image == null || image.isEmpty() ? wanted : image)
            .asCompatibleSubstituteFor("postgres");
    int port = ServerPort.find();
    // Closed by close(); Testcontainers ends it with this process otherwise.
    PostgreSQLContainer container = new PostgreSQLContainer(name).withUsername("llmlog");
    container.withPassword("llmlog").withDatabaseName("llmlog");
    // A port that Docker picks would be another one after a restart, and open to the network.
    container.setPortBindings(List.of("127.0.0.1:" + port + ":5432"));
    List<String> command = new ArrayList<>(List.of("postgres"));
    settings.forEach((key, value) -> command.addAll(List.of("-c", key + "=" + value)));
    container.setCommand(command.toArray(new String[0]));
    container.start();
    return new PostgresContainer(
        container, "postgresql://llmlog:llmlog@127.0.0.1:" + port + "/llmlog");
  }

  @Override
  public String url() {
    return url;
  }

  @Override
  public void stop(String mode) {
    signal(mode.equals("fast") ? "SIGINT" : "SIGQUIT");
  }

  @Override
  public void kill() {
    signal("SIGKILL");
  }

  @Override
  public void restart() throws IOException {
    if (container.isRunning()) {
      stop("fast");
    }
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Connection connection = PostgresServer.connect(url)) {
        connection.isValid(1);
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          throw new IOException("PostgreSQL does not answer after its restart", e);
        }
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
  }

  @Override
  public void close() {
    container.stop();
  }

  private void signal(String signal) {
    var docker = container.getDockerClient();
    docker.killContainerCmd(container.getContainerId()).withSignal(signal).exec();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (container.isRunning()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the container does not end after " + signal);
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }
}
