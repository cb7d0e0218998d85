package io.llmlog.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A real Redis for tests, on loopback only.
 *
 * <pre>{@code
 * @RegisterExtension static final RedisServer redis = RedisServer.create();
 * }</pre>
 *
 * <p>{@link #create()} takes the server that the environment offers; a test then uses a queue name
 * of its own, since the server may be shared. A test that needs options, or that stops, kills or
 * pauses its server, asks for a process by {@link #builder()}. Programs other than tests call
 * {@link #start()} and {@link #close()} themselves. A server that cannot be had is an exception,
 * never a skip. Not safe for use by several threads at once.
 */
public final class RedisServer implements BeforeAllCallback, AfterAllCallback, AutoCloseable {
  /** Names a server that runs already. */
  public static final String URL_VARIABLE = "LLMLOG_TEST_REDIS_URL";

  private static final String IMAGE = "redis:7";
  private static final int IMAGE_PORT = 6379;

  private final @Nullable Builder options;
  private @Nullable RedisProcess process;
  private @Nullable GenericContainer<?> container;
  private @Nullable String url;
  private @Nullable Thread atExit;

  private RedisServer(@Nullable Builder options) {
    this.options = options;
  }

  /** The server that {@link #URL_VARIABLE} names, else a container, else an embedded binary. */
  public static RedisServer create() {
    return new RedisServer(null);
  }

  /** Debian's {@code redis-server}, for tests tagged {@code system}. */
  public static RedisServer system() {
    return builder().system().build();
  }

  /** A server of this machine with options; the embedded binary unless said otherwise. */
  public static Builder builder() {
    return new Builder();
  }

  /** Options of a server that is a process of this machine. */
  public static final class Builder {
    private final List<String> arguments = new ArrayList<>();
    private boolean system;
    private boolean tls;
    private @Nullable String password;

    private Builder() {}

    /** Debian's {@code redis-server} instead of the embedded binary. */
    public Builder system() {
      system = true;
      return this;
    }

    /** Refuses to grow beyond this, such as {@code 4mb}, and evicts nothing. */
    public Builder maxMemory(String size) {
      return setting("maxmemory", size).setting("maxmemory-policy", "noeviction");
    }

    /** Requires a password, which {@link RedisServer#url()} carries. */
    public Builder password(String password) {
      this.password = password;
      return setting("requirepass", password);
    }

    /** Keeps the data on disk at each write, so that it survives {@link RedisServer#kill()}. */
    public Builder appendOnly() {
      return setting("appendonly", "yes").setting("appendfsync", "always");
    }

    /** TLS only, with a certificate for {@code localhost} that it signed itself. */
    public Builder tls() {
      tls = true;
      return this;
    }

    /** Any line of {@code redis.conf}. */
    public Builder setting(String name, String... values) {
      arguments.add("--" + name);
      arguments.addAll(List.of(values));
      return this;
    }

    public RedisServer build() {
      return new RedisServer(this);
    }
  }

  /** Starts the server, on the same port as before if it was stopped. Does nothing if it runs. */
  public RedisServer start() {
    if (options != null) {
      startProcess(options);
      return this;
    }
    if (url != null) {
      return this;
    }
    switch (ServerMode.choose(System.getenv(), URL_VARIABLE)) {
      case URL -> url = System.getenv(URL_VARIABLE);
      case CONTAINERS -> startContainer();
      case EMBEDDED -> startProcess(builder());
    }
    return this;
  }

  private void startProcess(Builder with) {
    RedisProcess started = process;
    if (started == null) {
      started = RedisProcess.create(with.system, with.tls, with.arguments);
      process = started;
      atExit = new Thread(this::stopQuietly, "redis-server-stop");
      Runtime.getRuntime().addShutdownHook(atExit);
    }
    started.start();
    String login = with.password == null ? "" : ":" + with.password + "@";
    url =
        (with.tls ? "rediss://" + login + "localhost:" : "redis://" + login + "127.0.0.1:")
            + started.port();
  }

  // The container is closed by stop().
  @SuppressWarnings("resource")
  private void startContainer() {
    int port = ServerPort.find();
    GenericContainer<?> started =
        new GenericContainer<>(IMAGE)
            .withExposedPorts(IMAGE_PORT)
            .withCommand(
                "redis-server",
                "--bind",
                "0.0.0.0",
                "--protected-mode",
                "no",
                "--save",
                "",
                "--appendonly",
                "no")
            .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*\\n", 1));
    // Published on loopback: without an address Docker would open the port to the network.
    started.setPortBindings(List.of("127.0.0.1:" + port + ":" + IMAGE_PORT));
    started.start();
    container = started;
    url = "redis://" + started.getHost() + ":" + started.getMappedPort(IMAGE_PORT);
  }

  /**
   * Where it listens, with the password where it has one.
   *
   * @throws IllegalStateException if it was never started
   */
  public String url() {
    if (url == null) {
      throw new IllegalStateException("the Redis server was not started");
    }
    return url;
  }

  /** The port of a server that is a process. */
  public int port() {
    return process().port();
  }

  /** A trust store (PKCS12, password {@value TestCertificate#PASSWORD}) of a server with TLS. */
  public Path trustStore() {
    return process().trustStore();
  }

  /** Ends the server in good order (SIGTERM); {@link #start()} starts it again. */
  public void stop() {
    process().stop();
  }

  /** Ends the server at once (SIGKILL); {@link #start()} starts it again. */
  public void kill() {
    process().kill();
  }

  /** Halts the server (SIGSTOP): connections stay open and get no answer. */
  public void pause() {
    process().signal("STOP");
  }

  /** Lets a halted server go on (SIGCONT). */
  public void resume() {
    process().signal("CONT");
  }

  /** Stops and starts; what it kept on disk is there again. */
  public void restart() {
    stop();
    start();
  }

  /** Removes what a stopped server kept on disk. */
  public void wipe() {
    process().wipe();
  }

  private RedisProcess process() {
    if (process == null) {
      throw new IllegalStateException(
          "only a started process of this machine can do that: use RedisServer.builder()");
    }
    return process;
  }

  /** Ends the server and removes its files; a server named by a URL is left alone. Idempotent. */
  @Override
  public void close() {
    stopQuietly();
    if (atExit != null && Thread.currentThread() != atExit) {
      try {
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException e) {
        // The JVM is ending, and the hook ends the server once more, which does nothing.
      }
      atExit = null;
    }
  }

  private void stopQuietly() {
    if (process != null) {
      process.close();
      process = null;
    }
    if (container != null) {
      container.stop();
      container = null;
    }
    url = null;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }
}
