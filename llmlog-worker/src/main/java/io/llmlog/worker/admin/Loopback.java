package io.llmlog.worker.admin;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * Which hosts are this machine itself: 127.0.0.0/8, ::1 and localhost. Never asks a name server.
 */
final class Loopback {
  private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
  private static final Pattern V4 = Pattern.compile("127(?:\\." + BYTE + "){3}");

  /** What Java reads as an address or refuses, and never looks up. */
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private Loopback() {}

  /**
   * @param host a name or an address, without port and brackets
   */
  static boolean is(String host) {
    if (host.equalsIgnoreCase("localhost") || V4.matcher(host).matches()) {
      return true;
    }
    if (!V6.matcher(host).matches()) {
      return false;
    }
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Whether a {@code Host} header names this machine, with a port or without. */
  static boolean isHost(String header) {
    if (header.startsWith("[")) {
      int end = header.indexOf(']');
      return end > 0 && isPort(header.substring(end + 1)) && is(header.substring(1, end));
    }
    int colon = header.indexOf(':');
    return colon < 0
        ? is(header)
        : isPort(header.substring(colon)) && is(header.substring(0, colon));
  }

  private static boolean isPort(String text) {
    return text.isEmpty() || text.matches(":\\d{1,5}");
  }
}
