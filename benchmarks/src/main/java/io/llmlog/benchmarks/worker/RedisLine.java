package io.llmlog.benchmarks.worker;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection to Redis with as little of a client as there can be: it fills queues quickly, and is
 * in nobody's figures but those of the proposal's loop.
 */
final class RedisLine implements AutoCloseable {
  private static final int MESSAGES_OF_A_PUSH = 100;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  private RedisLine(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    this.out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
  }

  static RedisLine connect(String url) throws IOException {
    URI place = URI.create(url);
    Socket socket = new Socket(place.getHost(), place.getPort());
    socket.setTcpNoDelay(true);
    return new RedisLine(socket);
  }

  /** Pushes the messages on the left, in their order. */
  void push(String key, List<byte[]> messages) throws IOException {
    for (int from = 0; from < messages.size(); from += MESSAGES_OF_A_PUSH) {
      List<byte[]> part =
          messages.subList(from, Math.min(messages.size(), from + MESSAGES_OF_A_PUSH));
      write("*" + (2 + part.size()) + "\r\n");
      bulk("LPUSH".getBytes(StandardCharsets.UTF_8));
      bulk(key.getBytes(StandardCharsets.UTF_8));
      for (byte[] message : part) {
        bulk(message);
      }
      out.flush();
      Object unused = answer();
    }
  }

  /** Waits up to a second for the message on the right. */
  byte @Nullable [] pop(String key) throws IOException {
    command("BRPOP", key, "1");
    Object answer = answer();
    return answer instanceof List<?> pair ? (byte[]) pair.get(1) : null;
  }

  /** The answer to a command that answers a number. */
  long number(String... command) throws IOException {
    command(command);
    return (Long) answer();
  }

  private void command(String... words) throws IOException {
    write("*" + words.length + "\r\n");
    for (String word : words) {
      bulk(word.getBytes(StandardCharsets.UTF_8));
    }
    out.flush();
  }

  private void bulk(byte[] bytes) throws IOException {
    write("$" + bytes.length + "\r\n");
    out.write(bytes);
    write("\r\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** A number, a text, bytes, or two of these; an empty list where there is nothing. */
  private Object answer() throws IOException {
    String line = line();
    int size =
        line.charAt(0) == '$' || line.charAt(0) == '*'
            ? Integer.parseInt(line, 1, line.length(), 10)
            : 0;
    return switch (line.charAt(0)) {
      case ':' -> Long.parseLong(line.substring(1));
      case '+' -> line.substring(1);
      case '$' -> size < 0 ? List.of() : bytes(size);
      case '*' -> size < 0 ? "nothing" : List.of(answer(), answer());
      default -> throw new IOException("Redis answered: " + line);
    };
  }

  private byte[] bytes(int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    String unused = line();
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("Redis closed the connection");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
