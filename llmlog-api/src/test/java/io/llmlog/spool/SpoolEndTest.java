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

/** The time between the last append and the close, when the consumer delivers what is there. */
@Timeout(30)
class SpoolEndTest {
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
}
