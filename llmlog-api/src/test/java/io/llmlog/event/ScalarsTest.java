package io.llmlog.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ScalarsTest {
  private static final int AT = 3;

  private final byte[] to = new byte[AT + Scalars.MAX_BYTES];

  @Test
  void everyNumberOfDigits_isWrittenAsTheLongSaysItself() {
    for (int number = 0; number < 20_000; number++) {
      assertInteger(number);
    }
    for (long power = 1; power > 0 && power < Long.MAX_VALUE / 10; power *= 10) {
      for (long near = -2; near <= 2; near++) {
        assertInteger(power + near);
        assertInteger(-power + near);
      }
    }
    assertInteger(Long.MAX_VALUE);
    assertInteger(Long.MIN_VALUE);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      assertInteger(random.nextLong() >> random.nextInt(64));
    }
  }

  private void assertInteger(long number) {
    assertEquals(Long.toString(number), text(Scalars.integer(to, AT, number)));
  }

  @Test
  void anyId_isWrittenAsItSaysItself() {
    SplittableRandom random = new SplittableRandom(2);
    assertId(new UUID(0, 0));
    assertId(new UUID(-1, -1));
    for (int i = 0; i < 100_000; i++) {
      assertId(new UUID(random.nextLong(), random.nextLong()));
    }
  }

  private void assertId(UUID id) {
    assertEquals('"' + id.toString() + '"', uuid(id));
  }

  @Test
  void timesThatAlternateBetweenSeconds_areEachWrittenWhole() {
    Instant first = Instant.parse("2026-02-28T23:59:59.000001Z");
    Instant second = Instant.parse("2026-03-01T00:00:00.999999999Z");
    for (int i = 0; i < 3; i++) {
      assertEquals("\"2026-02-28T23:59:59.000001Z\"", instant(first));
      assertEquals("\"2026-03-01T00:00:00.999999Z\"", instant(second));
    }
  }

  @Test
  void truth_isWrittenAsJsonHasIt() {
    assertEquals("true", text(Scalars.bool(to, AT, true)));
    assertEquals("false", text(Scalars.bool(to, AT, false)));
  }

  @Test
  void theLongestOfEachKind_fitsIntoTheRoomThatIsAskedFor() {
    BigDecimal cost = new BigDecimal("-999999.999999999999");
    assertTrue(Scalars.cost(to, AT, cost) <= to.length);
    assertTrue(Scalars.uuid(to, AT, -1, -1) <= to.length);
    assertTrue(Scalars.integer(to, AT, Long.MIN_VALUE) <= to.length);
  }

  private String uuid(UUID id) {
    return text(Scalars.uuid(to, AT, id.getMostSignificantBits(), id.getLeastSignificantBits()));
  }

  private String instant(Instant time) {
    return text(Scalars.instant(to, AT, time.getEpochSecond(), time.getNano() / 1_000));
  }

  private String text(int end) {
    return new String(to, AT, end - AT, US_ASCII);
  }
}
