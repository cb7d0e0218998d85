package io.llmlog.faults;

import io.llmlog.testkit.FaultProxy;
import java.time.Duration;

/** What a network may do, on one of the four roads; the proxy counts that it did. */
final class NetworkFaults {
  private final String road;
  private final FaultProxy proxy;

  /**
   * @param road for the table, such as {@code service to Redis}
   */
  NetworkFaults(String road, FaultProxy proxy) {
    this.road = road;
    this.proxy = proxy;
  }

  /** The server carries a command out, and the connection is reset before its reply. */
  Fault replyLost(String what, String request) {
    int[] before = new int[1];
    return Fault.named(road + ": connection reset between " + what + " and its reply")
        .by(
            () -> {
              before[0] = proxy.cuts();
              proxy.cutReplyTo(request);
            })
        .shownBy(() -> more("replies cut off: ", proxy.cuts(), before[0]))
        .healedBy(proxy::forward);
  }

  /** Every connection is reset, several times. */
  Fault reset(int times) {
    int[] before = new int[1];
    return Fault.named(road + ": connections reset")
        .by(() -> before[0] = proxy.cuts())
        .shownBy(
            () -> {
              proxy.cut();
              int cuts = proxy.cuts() - before[0];
              return cuts < times ? null : "connections reset: " + cuts;
            })
        .passing();
  }

  /** Requests arrive, replies do not, and no connection ends. */
  Fault halfOpen() {
    long[] before = new long[1];
    return Fault.named(road + ": half-open connections")
        .by(
            () -> {
              before[0] = proxy.swallowedBytes();
              proxy.halfOpen();
            })
        .shownBy(() -> more("bytes swallowed: ", proxy.swallowedBytes(), before[0]))
        .healedBy(proxy::forward);
  }

  /** No byte passes, and no connection ends. */
  Fault blackHole() {
    long[] bytes = new long[1];
    int[] connections = new int[1];
    return Fault.named(road + ": a black hole")
        .by(
            () -> {
              bytes[0] = proxy.swallowedBytes();
              connections[0] = proxy.heldConnections();
              proxy.blackHole();
            })
        .shownBy(
            () -> {
              String swallowed = more("bytes swallowed: ", proxy.swallowedBytes(), bytes[0]);
              // A victim whose connections another fault has ended can only make new ones.
              return swallowed.isEmpty()
                  ? more("connections held: ", proxy.heldConnections(), connections[0])
                  : swallowed;
            })
        .healedBy(proxy::forward);
  }

  /** Each piece comes late. */
  Fault delayed(Duration delay) {
    int[] before = new int[1];
    return Fault.named(road + ": each piece " + delay.toMillis() + " ms late")
        .by(
            () -> {
              before[0] = proxy.delays();
              proxy.delay(delay);
            })
        .shownBy(
            () -> proxy.delays() - before[0] < 10 ? null : "pieces held back: " + proxy.delays())
        .healedBy(proxy::forward);
  }

  private static String more(String what, long now, long before) {
    return now > before ? what + (now - before) : "";
  }
}
