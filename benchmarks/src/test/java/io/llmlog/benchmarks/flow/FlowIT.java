package io.llmlog.benchmarks.flow;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The programs run and lose nothing; they throw if they do. */
@Timeout(180)
class FlowIT {
  private static Servers servers;

  @BeforeAll
  static void start() {
    // What starts fast: these live for seconds.
    System.setProperty(Child.OPTION, "-XX:TieredStopAtLevel=1");
    servers = Servers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
    System.clearProperty(Child.OPTION);
  }

  @Test
  void endToEnd_inItsSmallestForm_losesNothing() throws Exception {
    Duration each = Duration.ofMillis(800);

    new EndToEndReport(
            servers,
            new EndToEndReport.Extent(
                200, 200, each, 0.5, each, 20, 500, 2000, 1, List.of(new WorkersRounds.Crew(1, 2))))
        .run();
  }

  @Test
  void growth_inItsSmallestForm_losesNothing() throws Exception {
    new GrowthReport(
            servers,
            new GrowthReport.Extent(
                List.of(20_000L),
                List.of(),
                20_000,
                1,
                Duration.ofMillis(100),
                Duration.ofMillis(500)))
        .run();
  }

  @Test
  void footprint_inItsSmallestForm_measures() throws Exception {
    FootprintReport report =
        new FootprintReport(
            servers,
            new FootprintReport.Extent(1, 1, List.of(256), 4, 4),
            System.getProperty("java.class.path"));

    report.start();
    report.idle();
  }

  @Test
  void aWorkerWithMessagesOfAMegabyte_storesThem() throws Exception {
    WorkerProcess.Memory memory = new LargeMessages(servers).store(4, 256);

    assertNotNull(memory);
    assertTrue(memory.heap() > 4_000_000, memory.toString());
  }
}
