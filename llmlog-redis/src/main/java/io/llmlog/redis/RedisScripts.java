package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** The scripts; each resource of that name begins with its contract. */
enum RedisScripts {
  CLAIM,
  ACK,
  RENEW,
  ADOPT,
  MARK,
  ACCEPT,
  RELEASE,
  INSPECT;

  private final String text;
  private final String digest;

  RedisScripts() {
    String resource = name().toLowerCase(Locale.ROOT) + ".lua";
    try (InputStream in = RedisScripts.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("resource " + resource + " is missing from the jar");
      }
      byte[] bytes = in.readAllBytes();
      text = new String(bytes, UTF_8);
      digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-1", e);
    }
  }

  String text() {
    return text;
  }

  /** The name under which the server keeps the script. */
  String digest() {
    return digest;
  }
}
