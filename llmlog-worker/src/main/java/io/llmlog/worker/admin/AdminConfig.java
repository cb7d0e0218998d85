package io.llmlog.worker.admin;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import org.jspecify.annotations.Nullable;

/**
 * Where the worker's HTTP listens, and who may ask.
 *
 * @param host the name or address to bind, without brackets
 * @param port 0: any that is free
 * @param token what a login needs; null: none is needed, and the host must be loopback
 * @param content whether this process stores prompts and answers
 */
public record AdminConfig(String host, int port, @Nullable String token, boolean content) {
  private static final String OFF = "off";
  private static final String NEEDS_TOKEN =
      "must be a loopback address (127.0.0.0/8, ::1 or localhost) unless LLMLOG_ADMIN_TOKEN is set";

  /**
   * @throws IllegalArgumentException if others could reach it without a token
   */
  public AdminConfig {
    if (token == null && !Loopback.is(host)) {
      throw new IllegalArgumentException(host + ": " + NEEDS_TOKEN);
    }
  }

  /** As the environment says; null: there is none, or the environment knows what is wrong. */
  public static @Nullable AdminConfig from(Environment environment) {
    String address = environment.get(Settings.ADMIN_ADDRESS);
    if (address.equals(OFF)) {
      return null;
    }
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    String token = environment.find(Settings.ADMIN_TOKEN);
    if (token == null && !Loopback.is(host)) {
      if (!environment.isSet(Settings.ADMIN_TOKEN)) {
        environment.reject(Settings.ADMIN_ADDRESS, NEEDS_TOKEN);
      }
      return null;
    }
    return new AdminConfig(
        host,
        Integer.parseInt(address.substring(colon + 1)),
        token,
        environment.get(Settings.CAPTURE_CONTENT));
  }

  /** The same at a port that is free. */
  public AdminConfig atAnyPort() {
    return new AdminConfig(host, 0, token, content);
  }

  /** Host and port as in an address. */
  String authority(int boundPort) {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + boundPort;
  }

  /** The address alone, never the token. */
  @Override
  public String toString() {
    return "AdminConfig[" + authority(port) + "]";
  }
}
