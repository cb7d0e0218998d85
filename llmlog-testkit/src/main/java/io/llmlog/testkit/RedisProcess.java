package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/**
 * A {@code redis-server} process with a directory of its own. Started here and not by the library
 * that brings the binary, which knows neither SIGKILL nor SIGSTOP nor a second start.
 */
final class RedisProcess implements AutoCloseable {
  private static final int START_SECONDS = 30;
  private static final int STOP_SECONDS = 10;
  private static final int PORT_ATTEMPTS = 5;
  private static final int KEPT_LINES = 40;

  private final Path directory;
  private final Path data;
  private final String executable;
  private final List<String> arguments;
  private final @Nullable TestCertificate certificate;
  private int port;
  private @Nullable Process process;

  private RedisProcess(
      Path directory,
      String executable,
      @Nullable TestCertificate certificate,
      List<String> arguments)
      throws IOException {
    this.directory = directory;
    this.data = Files.createDirectory(directory.resolve("data"));
    this.executable = executable;
    this.certificate = certificate;
    this.arguments = List.copyOf(arguments);
  }

  static RedisProcess create(boolean system, boolean tls, List<String> arguments) {
    try {
      Path directory = Files.createTempDirectory("llmlog-redis-");
      String executable =
          system
              ? onPath("redis-server")
              : ExecutableProvider.newJarResourceProvider(directory.toFile())
                  .get()
                  .getAbsolutePath();
      TestCertificate certificate = tls ? TestCertificate.create(directory) : null;
      return new RedisProcess(directory, executable, certificate, arguments);
    } catch (IOException e) {
      throw new UncheckedIOException("no redis-server binary", e);
    }
  }

  private static String onPath(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path file = Path.of(folder, name);
      if (Files.isExecutable(file)) {
        return file.toString();
      }
    }
    throw new IllegalStateException(
        name + " is not on the PATH: install Debian's package redis-server");
  }

  int port() {
    return port;
  }

  Path trustStore() {
    if (certificate == null) {
      throw new IllegalStateException("a server without TLS has no trust store");
    }
    return certificate.trustStore();
  }

  /** Starts it and waits until it accepts connections. Does nothing if it runs. */
  void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    boolean firstStart = port == 0;
    for (int attempt = 1; ; attempt++) {
      if (firstStart) {
        port = ServerPort.find();
      }
      Launch launch = launch();
      // Known before it is ready: a JVM that ends meanwhile ends it too.
      process = launch.process;
      if (launch.ready()) {
        return;
      }
      launch.process.destroyForcibly();
      // Another program took the port since it was looked for; a restart has no choice of ports.
      boolean taken = launch.output().contains("Address already in use");
      if (!taken || !firstStart || attempt == PORT_ATTEMPTS) {
        throw new IllegalStateException(
            "redis-server did not start: " + executable + "\n" + launch.output());
      }
    }
  }

  private Launch launch() {
    List<String> command = new ArrayList<>(List.of(executable, "--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", data.toString(), "--save", "", "--loglevel", "notice"));
    if (certificate == null) {
      command.addAll(List.of("--port", Integer.toString(port)));
    } else {
      command.addAll(List.of("--port", "0", "--tls-port", Integer.toString(port)));
      command.addAll(List.of("--tls-cert-file", certificate.certificate().toString()));
      command.addAll(List.of("--tls-key-file", certificate.key().toString()));
      command.addAll(List.of("--tls-auth-clients", "no"));
    }
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    long end = System.nanoTime() + SECONDS.toNanos(STOP_SECONDS);
    while (true) {
      try {
        return new Launch(builder.start());
      } catch (IOException e) {
        if (!isStillWritten(e) || System.nanoTime() - end >= 0) {
          throw new UncheckedIOException(executable, e);
        }
        LockSupport.parkNanos(MILLISECONDS.toNanos(1));
      }
    }
  }

  /**
   * Whether the program's file is open for writing: another thread that started a process while it
   * was unpacked has given that process a copy of the open file, for a few milliseconds.
   */
  private static boolean isStillWritten(IOException e) {
    return String.valueOf(e.getMessage()).contains("error=26");
  }

  void stop() {
    if (process == null || !process.isAlive()) {
      return;
    }
    // A halted process would get the signal only when it goes on.
    signal("CONT");
    process.destroy();
    await(process);
  }

  void kill() {
    if (process != null) {
      process.destroyForcibly();
      await(process);
    }
  }

  private static void await(Process process) {
    boolean interrupted = Thread.interrupted();
    try {
      if (!process.waitFor(STOP_SECONDS, SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void signal(String name) {
    if (process == null || !process.isAlive()) {
      throw new IllegalStateException("redis-server does not run: no SIG" + name);
    }
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
      await(kill);
      if (kill.exitValue() != 0) {
        throw new IllegalStateException("kill -" + name + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("kill -" + name, e);
    }
  }

  void wipe() {
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("stop the server before its data is removed");
    }
    deleteContents(data);
  }

  @Override
  public void close() {
    stop();
    deleteContents(directory);
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(directory.toString(), e);
    }
  }

  private static void deleteContents(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder.toString(), e);
    }
  }

  /** A process that has begun, and what it prints. */
  private static final class Launch {
    private final Process process;
    private final Deque<String> lines = new ArrayDeque<>();

    /** Open until it is ready or has ended. */
    private final CountDownLatch decided = new CountDownLatch(1);

    private volatile boolean accepts;

    Launch(Process process) {
      this.process = process;
      Thread reader = new Thread(this::read, "redis-server-output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader output =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          synchronized (lines) {
            lines.add(line);
            if (lines.size() > KEPT_LINES) {
              lines.remove();
            }
          }
          if (line.contains("Ready to accept connections")) {
            accepts = true;
            decided.countDown();
          }
        }
      } catch (IOException e) {
        // The process was killed: its output ends here.
      } finally {
        decided.countDown();
      }
    }

    boolean ready() {
      try {
        return decided.await(START_SECONDS, SECONDS) && accepts;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    String output() {
      synchronized (lines) {
        return String.join("\n", lines);
      }
    }
  }
}
