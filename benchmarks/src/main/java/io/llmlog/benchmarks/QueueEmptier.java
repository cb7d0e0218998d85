package io.llmlog.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Drops a Redis list every so often in place of a worker, else minutes of a saturated run would
 * fill the machine's memory. UNLINK costs Redis next to nothing, so it takes no part in the
 * figures.
 */
final class QueueEmptier implements AutoCloseable {
  private static final long MILLIS = 200;

  private final Socket socket;
  private final byte[] command;
  private final CountDownLatch closed = new CountDownLatch(1);

  private QueueEmptier(Socket socket, String key) {
    this.socket = socket;
    this.command = ("UNLINK " + key + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  static QueueEmptier start(int port, String key) {
    try {
      QueueEmptier emptier =
          new QueueEmptier(new Socket(InetAddress.getLoopbackAddress(), port), key);
      Thread thread = new Thread(emptier::run, "queue-emptier");
      thread.setDaemon(true);
      thread.start();
      return emptier;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run() {
    try (socket) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      while (!closed.await(MILLIS, TimeUnit.MILLISECONDS)) {
        out.write(command);
        out.flush();
        for (int next = in.read(); next != '\n'; next = in.read()) {
          if (next < 0) {
            throw new IOException("Redis closed the connection");
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
