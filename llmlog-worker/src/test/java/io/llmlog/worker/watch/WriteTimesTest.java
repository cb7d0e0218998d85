package io.llmlog.worker.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.llmlog.worker.WorkerListener;
import io.llmlog.worker.watch.Observation.Writes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WriteTimesTest {
  private final List<String> told = new ArrayList<>();
  private final WriteTimes times =
      new WriteTimes(
          new WorkerListener() {
            @Override
            public void claimed(int messages, boolean adopted) {
              told.add("claimed " + messages + " " + adopted);
            }

            @Override
            public void written(int messages, Duration took) {
              told.add("written " + messages + " " + took);
            }

            @Override
            public void writeFailed(@Nullable String sqlState, Duration took) {
              told.add("failed " + sqlState + " " + took);
            }

            @Override
            public void ackRefused(int messages) {
              told.add("refused " + messages);
            }
          });

  @Test
  void eachWrite_isInOneLook() {
    times.written(10, Duration.ofMillis(30));
    times.written(1, Duration.ofMillis(10));
    Writes first = times.take();
    assertEquals(new Writes(2, Duration.ofMillis(40), Duration.ofMillis(30)), first);
    assertEquals(Duration.ofMillis(20), first.mean());
    times.written(5, Duration.ofMillis(50));
    assertEquals(
        new Writes(3, Duration.ofMillis(90), Duration.ofMillis(50)), first.plus(times.take()));
    assertEquals(Writes.NONE, times.take());
    assertNull(Writes.NONE.mean());
  }

  @Test
  void whatIsNoWrite_countsNowhere_andAllIsToldOn() {
    times.claimed(3, true);
    times.writeFailed("40001", Duration.ofMillis(1));
    times.written(3, Duration.ofMillis(2));
    times.ackRefused(3);
    assertEquals(
        List.of("claimed 3 true", "failed 40001 PT0.001S", "written 3 PT0.002S", "refused 3"),
        told);
    assertEquals(1, times.take().count());
  }
}
