package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.faults.Invariants.Expected;
import org.junit.jupiter.api.Test;

/** The check of all cases finds what it looks for. */
class InvariantsIT extends FaultTests {
  @Test
  void aSpoiltDatabaseAndASecretThatWasSaid_areFound() {
    Scene scene = scene();
    Recorder service = scene.liveService();
    scene.worker();
    service.burst(20);
    Await.until("the rows", Scene.PATIENCE, () -> scene.database().rows() == 20);
    String lost = id(service, 3);
    Database database = scene.database();
    database.execute("DELETE FROM llm_logs WHERE event_id = '" + lost + "'");
    database.execute(
        "UPDATE llm_logs SET latency_ms = -1 WHERE event_id = '" + id(service, 5) + "'");
    database.execute(
        "INSERT INTO llm_logs (created_at, event_id, action)"
            + " SELECT created_at - interval '1 s', event_id, action FROM llm_logs"
            + " WHERE event_id = '"
            + id(service, 7)
            + "'");
    database.execute("INSERT INTO llm_logs (action) VALUES ('by another')");
    System.err.println("connecting to redis://:" + scene.secrets().get(0) + "@127.0.0.1");
    String found =
        String.valueOf(
            assertThrows(AssertionError.class, () -> Invariants.check(scene, Expected.NOTHING_LOST))
                .getMessage());
    assertTrue(found.contains("lost 1: [" + lost), found);
    assertTrue(found.contains("latency_ms=-1") || found.contains("LATENCY_MS=-1"), found);
    assertTrue(found.contains("1 events are there twice"), found);
    assertTrue(found.contains("was never issued"), found);
    assertTrue(found.contains("a password was said"), found);
    // No row of the table: nothing went wrong but on purpose.
    scene.verdictGiven();
  }

  private static String id(Recorder service, long number) {
    return service.workload().id(number).toString();
  }
}
