package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class FaultProxyTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @Test
  void aConnectionMadeInABlackHole_isCounted_andServedAfterIt() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
        FaultProxy proxy = FaultProxy.to(LOOPBACK.getHostAddress(), server.getLocalPort())) {
      proxy.blackHole();
      try (Socket client = new Socket(LOOPBACK, proxy.port())) {
        client.getOutputStream().write(7);
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (proxy.heldConnections() == 0 && System.nanoTime() - end < 0) {
          Thread.onSpinWait();
        }

        assertEquals(1, proxy.heldConnections());
        assertEquals(0, proxy.swallowedBytes(), "what nobody has read");
        proxy.forward();
        try (Socket served = server.accept()) {
          assertEquals(7, served.getInputStream().read());
        }
      }
    }
  }

  /** Databases and their drivers switch Nagle's algorithm off: what is between them must too. */
  @Test
  void aRequestInSeveralPieces_isNotHeldBack() throws Exception {
    int requests = 200;
    byte[] request = new byte[20_000];
    try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
        FaultProxy proxy = FaultProxy.to(LOOPBACK.getHostAddress(), server.getLocalPort());
        Socket client = new Socket(LOOPBACK, proxy.port());
        Socket served = server.accept()) {
      client.setTcpNoDelay(true);
      served.setTcpNoDelay(true);
      long start = System.nanoTime();
      for (int i = 0; i < requests; i++) {
        client.getOutputStream().write(request);
        assertEquals(request.length, served.getInputStream().readNBytes(request.length).length);
        served.getOutputStream().write(7);
        assertEquals(7, client.getInputStream().read());
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      // With it each request takes 40 ms, 8 s in all.
      assertTrue(took.compareTo(Duration.ofSeconds(3)) < 0, () -> requests + " took " + took);
    }
  }
}
