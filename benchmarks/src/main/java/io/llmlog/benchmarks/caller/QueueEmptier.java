package io.llmlog.benchmarks.caller;

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
 * fill the machine's memory, and counts what was in it. UNLINK costs Redis next to nothing, so it
 * takes no part in the figures. Safe for use by several threads.
 */
final class QueueEmptier implements AutoCloseable {
  private static final long MILLIS = 200;
  private static final String SCRIPT =
      "local n = redis.call('LLEN', KEYS[1]) redis.call('UNLINK', KEYS[1]) return n";

  private final Socket socket;
  private final byte[] command;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "queue-emptier");
  private long dropped;

  private QueueEmptier(Socket socket, String key) {
    this.socket = socket;
    this.command =
        ("EVAL \"" + SCRIPT + "\" 1 " + key + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  static QueueEmptier start(int port, String key) {
    try {
      QueueEmptier emptier =
          new QueueEmptier(new Socket(InetAddress.getLoopbackAddress(), port), key);
      emptier.thread.setDaemon(true);
      emptier.thread.start();
      return emptier;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run() {
    try {
      while (!closed.await(MILLIS, TimeUnit.MILLISECONDS)) {
        empty();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Empties the list now; answers how many elements were dropped since the start. */
  synchronized long empty() {
    try {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      out.write(command);
      out.flush();
      StringBuilder reply = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new IOException("Redis closed the connection");
        }
        reply.append((char) next);
      }
      if (reply.charAt(0) != ':') {
        throw new IllegalStateException("Redis answered " + reply);
      }
      dropped += Long.parseLong(reply.substring(1).trim());
      return dropped;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join();
      socket.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
