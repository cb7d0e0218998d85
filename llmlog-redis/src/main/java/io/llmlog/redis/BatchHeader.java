package io.llmlog.redis;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Element 0 of a processing list: {@code <claim id> <claim time> <owners>}, and later versions may
 * add words.
 *
 * @param claimId made by the worker for each claim, and never changed
 * @param claimedAt by the server's clock, to the microsecond
 * @param owners how many workers have held the batch, this one included
 */
record BatchHeader(UUID claimId, Instant claimedAt, int owners) {
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f-]{36}) (\\d{1,18}) (\\d{1,9})(?: .*)?");
  private static final long VERSION_BITS = 0xF000L;
  private static final long VERSION_8 = 0x8000L;

  /** Reads a header; null if it is none that this version knows. */
  static @Nullable BatchHeader parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    UUID claimId;
    try {
      claimId = UUID.fromString(parts.group(1));
    } catch (IllegalArgumentException e) {
      return null;
    }
    long micros = Long.parseLong(parts.group(2));
    return new BatchHeader(
        claimId, Instant.EPOCH.plus(micros, ChronoUnit.MICROS), Integer.parseInt(parts.group(3)));
  }

  /**
   * The identity of a message that brings none: the claim id as UUIDv8 (RFC 9562, section 5.8),
   * with the index XORed into its last 32 bits. No hash: two messages of one batch can then never
   * collide, those of two batches only where random claim ids agree in all but the low bits, and
   * those of one batch lie together in the table's index.
   *
   * @param index the place in the batch, from 0
   */
  UUID identity(int index) {
    return new UUID(
        (claimId.getMostSignificantBits() & ~VERSION_BITS) | VERSION_8,
        claimId.getLeastSignificantBits() ^ index);
  }
}
