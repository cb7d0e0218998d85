package io.llmlog.worker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FailedLoginsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final FailedLogins logins = new FailedLogins(nanos::get);

  @Test
  void anAddress_mayBeWrongTenTimes_andThenOnceInSixSeconds() {
    for (int i = 0; i < FailedLogins.PER_ADDRESS; i++) {
      assertEquals(0, logins.waitSeconds("10.0.0.1"));
      logins.failed("10.0.0.1");
    }
    assertTrue(logins.waitSeconds("10.0.0.1") >= 6);
    assertEquals(0, logins.waitSeconds("10.0.0.2"), "others are not held up by one");
    later(Duration.ofMillis(6001));
    assertEquals(0, logins.waitSeconds("10.0.0.1"));
    logins.failed("10.0.0.1");
    assertTrue(logins.waitSeconds("10.0.0.1") > 0);
    later(Duration.ofMinutes(2));
    assertEquals(0, logins.waitSeconds("10.0.0.1"));
  }

  @Test
  void manyAddresses_areHeldUpTogether_butNotOneThatIsKnown() {
    logins.succeeded("10.9.9.9");
    for (int i = 0; i < FailedLogins.OVERALL; i++) {
      logins.failed("10.0.0." + i);
    }
    assertTrue(logins.waitSeconds("10.1.0.1") > 0);
    assertEquals(0, logins.waitSeconds("10.9.9.9"));
    later(Duration.ofSeconds(1));
    assertEquals(0, logins.waitSeconds("10.1.0.1"));
  }

  @Test
  void aNetworkOfIpv6_isOneAddress() {
    assertEquals(
        FailedLogins.network("2001:db8:1:2::1"), FailedLogins.network("2001:db8:1:2:ffff::7%eth0"));
    assertEquals("0000000000000000", FailedLogins.network("::1"));
    assertEquals("20010db800010002", FailedLogins.network("2001:db8:1:2::1"));
    assertEquals("10.0.0.1", FailedLogins.network("10.0.0.1"));
  }

  private void later(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
