package io.llmlog.worker.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Locale;

/** Speaks HTTP by hand, so that nothing straightens what is crooked on purpose. */
final class Browser {
  private static final int TIMEOUT_MILLIS = 10_000;

  private final int port;

  Browser(int port) {
    this.port = port;
  }

  /** An answer; header names are in lower case. */
  record Answer(int status, List<String> headers, String body) {
    /** The first value of a header, or an empty text. */
    String header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ": ";
      return headers.stream()
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .findFirst()
          .orElse("");
    }

    /** The value of a cookie that the answer sets. */
    String cookie(String name) {
      String set = header("set-cookie");
      if (!set.startsWith(name + "=")) {
        throw new AssertionError("no cookie " + name + " in " + this);
      }
      return set.substring(name.length() + 1, set.indexOf(';'));
    }

    /** The text of a key in the JSON of the body. */
    String json(String key) {
      String mark = '"' + key + "\":\"";
      int from = body.indexOf(mark);
      if (from < 0) {
        throw new AssertionError(key + " is no text in " + body);
      }
      return body.substring(from + mark.length(), body.indexOf('"', from + mark.length()));
    }
  }

  Answer get(String target, String... headers) {
    return send("GET", target, "", headers);
  }

  Answer post(String target, String body, String... headers) {
    return send("POST", target, body, headers);
  }

  /**
   * @param headers whole lines; a Host is added where there is none
   */
  Answer send(String method, String target, String body, String... headers) {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    if (List.of(headers).stream().noneMatch(line -> line.startsWith("Host:"))) {
      head.append("Host: 127.0.0.1:").append(port).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (method.equals("POST")) {
      head.append("Content-Length: ").append(body.getBytes(UTF_8).length).append("\r\n");
    }
    return exchange(method, head + "Connection: close\r\n\r\n" + body);
  }

  private Answer exchange(String method, String request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      try {
        socket.getOutputStream().write(request.getBytes(UTF_8));
      } catch (SocketException e) {
        // The server has said enough already, and answers all the same.
      }
      String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      int end = answer.indexOf("\r\n\r\n");
      if (end < 0) {
        throw new AssertionError("no answer to a " + method + ": '" + answer + "'");
      }
      List<String> lines =
          answer
              .substring(0, end)
              .lines()
              .map(
                  line -> {
                    int colon = line.indexOf(':');
                    return colon < 0
                        ? line
                        : line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon);
                  })
              .toList();
      return new Answer(
          Integer.parseInt(lines.get(0).substring(9, 12)),
          lines.subList(1, lines.size()),
          new String(answer.substring(end + 4).getBytes(ISO_8859_1), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
