package io.llmlog.worker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class SessionsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final Sessions sessions = new Sessions(nanos::get);

  @Test
  void aSession_livesWhileItIsUsed_andEndsAtLast() {
    String id = sessions.open();
    for (int i = 0; i < 13; i++) {
      assertNotNull(sessions.find(id), "after " + i * 55 + " minutes");
      later(Duration.ofMinutes(55));
    }
    later(Duration.ofMinutes(6));
    assertNull(sessions.find(id), "however busy it is");
  }

  @Test
  void aSession_thatIsIdleOrEnded_isGone() {
    String idle = sessions.open();
    String ended = sessions.open();
    assertNotEquals(idle, ended);
    sessions.end(ended);
    assertNull(sessions.find(ended));
    later(Sessions.IDLE.plusSeconds(1));
    assertNull(sessions.find(idle));
    assertNull(sessions.find(""));
  }

  @Test
  void eachSession_hasACsrfTokenOfItsOwnThatStays() {
    String id = sessions.open();
    Sessions.Session first = sessions.find(id);
    assertNotNull(first);
    assertEquals(first, sessions.find(id));
    Sessions.Session other = sessions.find(sessions.open());
    assertNotNull(other);
    assertNotEquals(first.csrf(), other.csrf());
  }

  private void later(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
