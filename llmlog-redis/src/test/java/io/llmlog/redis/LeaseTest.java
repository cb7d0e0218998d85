package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Pause;
import org.junit.jupiter.api.Test;

final class LeaseTest {
  @Test
  void value_isRead() {
    assertEquals(new Lease("token", 1700, 30, Pause.MEND), Lease.parse("token 1700 30 1"));
    assertNull(Lease.parse("token 1700 30"));
    assertNull(Lease.parse("token 1700 30 4"));
  }

  @Test
  void lease_expiresAtItsEndAndWhereTheClockWasSetFarBack() {
    Lease lease = new Lease("token", 100_000, 30_000, Pause.NONE);
    assertFalse(lease.expired(99_999));
    assertTrue(lease.expired(100_000));
    assertFalse(lease.expired(40_000));
    assertTrue(lease.expired(39_999));
    assertTrue(new Lease("token", 0, 30_000, Pause.NONE).expired(1));
  }
}
