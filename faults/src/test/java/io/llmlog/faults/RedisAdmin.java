package io.llmlog.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Speaks to a Redis past all code under test, one connection per command: commands that break a
 * server are part of the suite, and its answers are the proofs. Safe for use by several threads.
 */
final class RedisAdmin {
  private static final int ANSWER_MILLIS = 10_000;

  private final int port;
  private volatile String password;

  RedisAdmin(int port, String password) {
    this.port = port;
    this.password = password;
  }

  /** What the server said instead of an answer: {@code READONLY You can't write …}. */
  static final class RedisError extends IOException {
    RedisError(String said) {
      super(said);
    }
  }

  /** The password of later calls. */
  void password(String now) {
    password = now;
  }

  /** The answer as text, the parts of a list on a line each. */
  String call(String... words) throws IOException {
    return call(ANSWER_MILLIS, words);
  }

  /** As {@link #call(String...)}, with patience of its own. */
  String call(int millis, String... words) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(millis);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      // In one write: a server that is loading or busy refuses AUTH's successor all the same.
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      write(out, "AUTH", password);
      write(out, words);
      socket.getOutputStream().write(out.toByteArray());
      read(in);
      return read(in);
    }
  }

  /** The error that the server answers, or nothing if it answers well. */
  String error(String... words) throws IOException {
    try {
      call(words);
      return "";
    } catch (RedisError e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** A number of {@code INFO}; 0 where there is no such line, as for an error that never came. */
  long info(String key) throws IOException {
    for (String line : call("INFO", "all").split("\r\n", -1)) {
      if (line.startsWith(key + ":")) {
        String digits = line.substring(key.length() + 1).replaceFirst("^count=", "");
        return Long.parseLong(digits.replaceFirst("[^0-9].*$", ""));
      }
    }
    return 0;
  }

  /** How often the server has answered an error of this kind since its start. */
  long errors(String kind) throws IOException {
    return info("errorstat_" + kind);
  }

  private static void write(ByteArrayOutputStream out, String... words) {
    out.writeBytes(("*" + words.length + "\r\n").getBytes(UTF_8));
    for (String word : words) {
      byte[] bytes = word.getBytes(UTF_8);
      out.writeBytes(("$" + bytes.length + "\r\n").getBytes(UTF_8));
      out.writeBytes(bytes);
      out.writeBytes("\r\n".getBytes(UTF_8));
    }
  }

  private static String read(InputStream in) throws IOException {
    String line = line(in);
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '-' -> throw new RedisError(rest);
      case '$' -> bulk(in, Integer.parseInt(rest));
      case '*' -> list(in, Integer.parseInt(rest));
      default -> rest;
    };
  }

  private static String list(InputStream in, int size) throws IOException {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      parts.add(read(in));
    }
    return String.join("\n", parts);
  }

  private static String bulk(InputStream in, int size) throws IOException {
    if (size < 0) {
      return "";
    }
    byte[] bytes = in.readNBytes(size + 2);
    if (bytes.length < size + 2) {
      throw new EOFException("the server closed the connection");
    }
    return new String(bytes, 0, size, UTF_8);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    if (line.size() == 0) {
      throw new EOFException("an empty answer");
    }
    return line.toString(UTF_8);
  }
}
