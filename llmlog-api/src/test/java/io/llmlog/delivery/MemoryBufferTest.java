package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.delivery.MemoryBuffer.Offer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBufferTest {
  private static final byte[] EVENT = new byte[900];

  private final MemoryBuffer memory = new MemoryBuffer(new Ledger(null), 1000, Duration.ZERO);

  @Test
  void whereCallersHaveAnotherPlace_aFullBufferSendsThemThere_untilEventsHaveLeft() {
    assertEquals(Offer.ACCEPTED, offer(true));
    assertEquals(Offer.FULL, offer(true));
    assertEquals(Offer.FULL, offer(true));

    memory.left(List.of(EVENT), Road.QUEUE);

    assertEquals(Offer.ACCEPTED, offer(true));
    assertEquals(Offer.FULL, offer(true));
  }

  @Test
  void eventsThatAreGivenUp_leaveTheirRoom() {
    assertEquals(Offer.ACCEPTED, offer(true));
    assertEquals(Offer.FULL, offer(true));

    memory.giveUp(Reasons.CLOSE_TIMEOUT);

    assertEquals(Offer.ACCEPTED, offer(true));
  }

  @Test
  void whereCallersHaveNoOtherPlace_aFullBufferRefuses_untilEventsHaveLeft() {
    assertEquals(Offer.ACCEPTED, offer(true));
    assertEquals(Offer.FULL, offer(true));
    assertEquals(Offer.REFUSED, offer(false));

    memory.left(List.of(EVENT), Road.QUEUE);

    assertEquals(Offer.ACCEPTED, offer(false));
  }

  @Test
  void whileCallersFillLargeBlocks_theNextOnesAreMadeReadyBySomeoneElse() {
    MemoryBuffer roomy = new MemoryBuffer(new Ledger(null), 10_000_000, Duration.ZERO);
    int some = 2 * EventBlocks.READY;
    for (int i = 0; i < some; i++) {
      roomy.spares().give(new byte[SpareBlocks.BLOCK_BYTES]);
    }
    for (int i = 0; i < 1_000; i++) {
      assertEquals(Offer.ACCEPTED, roomy.offer(EVENT, EVENT.length, false));
    }
    long end = System.nanoTime() + 10_000_000_000L;
    while (roomy.spares().size() > some - EventBlocks.READY && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertTrue(roomy.spares().size() <= some - EventBlocks.READY);
  }

  private Offer offer(boolean elsewhere) {
    return memory.offer(EVENT, EVENT.length, elsewhere);
  }
}
