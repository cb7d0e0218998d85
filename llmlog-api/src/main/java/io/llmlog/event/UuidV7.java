package io.llmlog.event;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits.
 *
 * <p>Ids of one moment are not ordered among themselves; nothing here needs that. The random bits
 * are those of {@link ThreadLocalRandom}, which costs a new thread nothing, but is seeded by the
 * clock: two processes of one moment may draw the same. A mask of each process, from {@link
 * SecureRandom}, keeps them apart. Unique, but no secret. Thread-safe.
 */
public final class UuidV7 {
  private static final long HIGH_MASK;
  private static final long LOW_MASK;

  static {
    SecureRandom random = new SecureRandom();
    HIGH_MASK = random.nextLong();
    LOW_MASK = random.nextLong();
  }

  private UuidV7() {}

  /** A new id of the present moment. */
  public static UUID next() {
    return new UUID(high(System.currentTimeMillis()), low());
  }

  /** The first half of a new id of that moment. */
  static long high(long epochMillis) {
    long random = ThreadLocalRandom.current().nextLong() ^ HIGH_MASK;
    return epochMillis << 16 | 0x7000 | (random & 0x0fff);
  }

  /** The second half of a new id. */
  static long low() {
    long random = ThreadLocalRandom.current().nextLong() ^ LOW_MASK;
    return random >>> 2 | 0x8000_0000_0000_0000L;
  }

  /** The time inside an id, to the millisecond, or null if the id is of another version. */
  public static @Nullable Instant timeOf(UUID id) {
    return id.version() == 7 && id.variant() == 2
        ? Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16)
        : null;
  }
}
