package io.llmlog.event;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits.
 *
 * <p>Ids of one moment are not ordered among themselves; nothing here needs that. The random bits
 * come from a generator per thread, seeded by {@link SecureRandom}: unique, but no secret.
 */
public final class UuidV7 {
  private static final ThreadLocal<SplittableRandom> RANDOM =
      ThreadLocal.withInitial(() -> new SplittableRandom(new SecureRandom().nextLong()));

  private UuidV7() {}

  /** A new id of the present moment. */
  public static UUID next() {
    return at(System.currentTimeMillis());
  }

  /** A new id of that moment. */
  static UUID at(long epochMillis) {
    SplittableRandom random = RANDOM.get();
    long time = epochMillis << 16;
    long high = time | 0x7000 | (random.nextLong() & 0x0fff);
    long low = (random.nextLong() >>> 2) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  /** The time inside an id, to the millisecond, or null if the id is of another version. */
  public static @Nullable Instant timeOf(UUID id) {
    return id.version() == 7 && id.variant() == 2
        ? Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16)
        : null;
  }
}
