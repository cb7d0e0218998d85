package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
