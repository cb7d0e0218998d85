package io.llmlog.worker.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A text that is known by its hash alone, and compared in a time that tells nothing of it: neither
 * how much of a guess is right nor how long it is.
 */
final class Secret {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 32;

  private final byte[] hash;

  Secret(String text) {
    this.hash = hash(text.getBytes(UTF_8));
  }

  boolean is(String guess) {
    return MessageDigest.isEqual(hash, hash(guess.getBytes(UTF_8)));
  }

  /** A new text that nobody can guess, of letters, digits, {@code -} and {@code _}. */
  static String random() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What may stand for a text where it is looked up. */
  static String fingerprint(String text) {
    return fingerprint(text.getBytes(UTF_8));
  }

  /** As of a text. */
  static String fingerprint(byte[] bytes) {
    return HexFormat.of().formatHex(hash(bytes));
  }

  private static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
