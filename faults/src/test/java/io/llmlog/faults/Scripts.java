package io.llmlog.faults;

import io.llmlog.redis.RedisProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/** By which text a proxy knows the commands of a worker. */
final class Scripts {
  static final String CLAIM = digest("claim.lua");
  static final String ACK = digest("ack.lua");

  /** The message of the protocol that asks for a commit; the word alone also makes the stage. */
  static final String COMMIT = "\0COMMIT\0";

  private Scripts() {}

  /** EVALSHA names a script by its digest. */
  private static String digest(String resource) {
    try (InputStream in = RedisProvider.class.getResourceAsStream(resource)) {
      byte[] text = Objects.requireNonNull(in, resource).readAllBytes();
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-1", e);
    }
  }
}
