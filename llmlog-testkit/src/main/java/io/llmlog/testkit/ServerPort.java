package io.llmlog.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports of loopback for servers that come and go. They lie below those that a system gives to
 * whoever asks for any: a client's connection, or another test, would take the port of a server
 * that is about to start, or that starts again. Processes begin apart from each other, since two of
 * them that start servers at once see the same ports free.
 */
final class ServerPort {
  private static final int FIRST = 20_000;
  private static final int COUNT = 12_000;

  /** More servers than the tests of one process start. */
  private static final int APART = 200;

  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() % (COUNT / APART)) * APART);

  private ServerPort() {}

  /** One that nobody listens on, and that this process has not answered for long. */
  static int find() {
    for (int tried = 0; tried < COUNT; tried++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port on loopback, %d to %d".formatted(FIRST, FIRST + COUNT - 1));
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
