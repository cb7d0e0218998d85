package io.llmlog.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the spool's own threads are woken for, beside the events themselves. */
@Timeout(30)
class SpoolWakingTest {
  /** A sixteenth of the spool. */
  private static final long SEGMENT = 64 << 10;

  private static final long LONG = Duration.ofSeconds(20).toNanos();

  @TempDir Path directory;

  @Test
  void afterTheEndOfAppends_callersAreRefused_andWhatIsThereCanBeDelivered() {
    try (Spool spool = Spool.open(directory, new SpoolOptions(1 << 20, SyncPolicy.never()))) {
      assertEquals(AppendResult.ACCEPTED, spool.append(new byte[] {1}, LONG));
      spool.endAppends();

      assertEquals(AppendResult.CLOSED, spool.append(new byte[] {2}, LONG, LONG));
      assertEquals(1, spool.appendAll(List.of(new byte[] {3}), LONG), "what is moved still may");
      assertEquals(2, spool.peek(10, 1 << 20).size());
      spool.remove(2);
      assertEquals(0, spool.pending());
    }
  }

  @Test
  void theEndOfAppends_wakesAConsumerThatWaitsForMore() throws Exception {
    try (Spool spool = Spool.open(directory, new SpoolOptions(1 << 20, SyncPolicy.never()))) {
      CompletableFuture<Boolean> woken = new CompletableFuture<>();
      Thread consumer =
          new Thread(
              () -> {
                try {
                  woken.complete(spool.await(1, Long.MAX_VALUE));
                } catch (InterruptedException e) {
                  woken.completeExceptionally(e);
                }
              });
      consumer.start();
      while (consumer.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      spool.endAppends();
      assertTrue(woken.get(LONG, TimeUnit.NANOSECONDS));
    }
  }

  @Test
  void whoeverTakesTheSegmentMadeAhead_hasAnotherMade() throws Exception {
    SyncPolicy rarely = SyncPolicy.every(Duration.ofHours(1));
    try (Spool spool = Spool.open(directory, new SpoolOptions(1 << 20, rarely))) {
      byte[] event = new byte[10_000];
      assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG));
      Spools.await(() -> spool.bytes() == 2 * SEGMENT);
      for (int i = 0; i < 6; i++) {
        assertEquals(AppendResult.ACCEPTED, spool.append(event, 0));
      }
      Spools.await(() -> spool.bytes() == 3 * SEGMENT);
    }
  }
}
