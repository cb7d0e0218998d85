package io.llmlog.benchmarks.flow;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;

/**
 * One connection to Redis for questions that the queue's own classes do not ask. Not safe for use
 * by several threads at once.
 */
final class RedisLine implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;

  RedisLine(int port) throws IOException {
    this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * The answer to one command as text: empty for nil, the parts of a list on a line each.
   *
   * @throws IOException if the server says an error, or nothing
   */
  String call(String... words) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("*" + words.length + "\r\n").getBytes(UTF_8));
    for (String word : words) {
      byte[] bytes = word.getBytes(UTF_8);
      out.writeBytes(("$" + bytes.length + "\r\n").getBytes(UTF_8));
      out.writeBytes(bytes);
      out.writeBytes("\r\n".getBytes(UTF_8));
    }
    socket.getOutputStream().write(out.toByteArray());
    return answer();
  }

  /** As {@link #call}, of a command that answers a number. */
  long number(String... words) throws IOException {
    return Long.parseLong(call(words));
  }

  /** A number of {@code INFO}. */
  long info(String section, String key) throws IOException {
    for (String line : call("INFO", section).split("\r\n", -1)) {
      if (line.startsWith(key + ":")) {
        return Long.parseLong(line.substring(key.length() + 1));
      }
    }
    throw new IOException("INFO " + section + " says nothing of " + key);
  }

  private String answer() throws IOException {
    String line = line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '-' -> throw new IOException("Redis says " + rest);
      case '$' -> bulk(Integer.parseInt(rest));
      case '*' -> parts(Integer.parseInt(rest));
      default -> rest;
    };
  }

  private String parts(int count) throws IOException {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append(i == 0 ? "" : "\n").append(answer());
    }
    return all.toString();
  }

  private String bulk(int size) throws IOException {
    if (size < 0) {
      return "";
    }
    byte[] bytes = in.readNBytes(size + 2);
    if (bytes.length < size + 2) {
      throw new EOFException("Redis closed the connection");
    }
    return new String(bytes, 0, size, UTF_8);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("Redis closed the connection");
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
