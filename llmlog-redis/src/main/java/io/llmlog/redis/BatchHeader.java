package io.llmlog.redis;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Element 0 of a processing list: {@code <claim id> <claim time> <owners>}, then words in any
 * order: {@code <index>:<deaths>} of a message, {@code accepted}, and what later versions may add.
 *
 * @param claimId made by the worker for each claim, and never changed
 * @param claimedAt by the server's clock, to the microsecond
 * @param owners how many workers have held the batch, this one included
 * @param deaths how many workers died inside an attempt of one message alone, by its index
 * @param accepted whether a person accepted that what the store refuses becomes dead letters
 */
record BatchHeader(
    UUID claimId, Instant claimedAt, int owners, Map<Integer, Integer> deaths, boolean accepted) {
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f-]{36}) (\\d{1,18}) (\\d{1,9})((?: .*)?)");
  private static final Pattern DEATHS = Pattern.compile(" (\\d{1,9}):(\\d{1,9})(?= |$)");
  private static final Pattern ACCEPTED = Pattern.compile(" accepted(?= |$)");
  private static final long VERSION_BITS = 0xF000L;
  private static final long VERSION_8 = 0x8000L;

  BatchHeader {
    deaths = Map.copyOf(deaths);
  }

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
    String words = parts.group(4);
    Map<Integer, Integer> deaths = new HashMap<>();
    for (Matcher word = DEATHS.matcher(words); word.find(); ) {
      deaths.put(Integer.valueOf(word.group(1)), Integer.valueOf(word.group(2)));
    }
    return new BatchHeader(
        claimId,
        Instant.EPOCH.plus(micros, ChronoUnit.MICROS),
        Integer.parseInt(parts.group(3)),
        deaths,
        ACCEPTED.matcher(words).find());
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
