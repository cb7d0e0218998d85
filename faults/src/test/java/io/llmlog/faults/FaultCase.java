package io.llmlog.faults;

import io.llmlog.faults.Fault.Proof;
import io.llmlog.faults.Invariants.Expected;
import io.llmlog.faults.Invariants.Tally;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The usual course of a case: a service under load and a worker, the fault, its proof, more load
 * while it lasts, the cure, and the check.
 */
final class FaultCase {
  private static final Duration PACE = Duration.ofMillis(1);
  private static final int EVENTS = 300;

  private final Scene scene;
  private final Fault fault;
  private final List<Proof> proofs = new ArrayList<>();
  private Expected expected = Expected.NOTHING_LOST;
  private Duration lasting = Duration.ZERO;

  private FaultCase(Scene scene, Fault fault) {
    this.scene = scene;
    this.fault = fault;
  }

  static FaultCase of(Scene scene, Fault fault) {
    return new FaultCase(scene, fault);
  }

  /** What else must be seen before it is healed. */
  FaultCase alsoShown(Proof proof) {
    proofs.add(proof);
    return this;
  }

  /** How long it lasts at least, after its proof. */
  FaultCase lasting(Duration duration) {
    lasting = duration;
    return this;
  }

  FaultCase expecting(Expected what) {
    expected = what;
    return this;
  }

  /** Runs it under the load of a service in this JVM. */
  Tally run() throws Exception {
    Recorder service = scene.liveService();
    scene.worker();
    service.startLoad(PACE);
    Await.until("a first row", Scene.PATIENCE, () -> scene.database().rows() > 0);
    awaitMore(service, EVENTS);
    fault.strike();
    List<String> seen = new ArrayList<>();
    try {
      long until = System.nanoTime() + lasting.toNanos();
      seen.add(fault.proof());
      for (Proof proof : proofs) {
        seen.add(Await.sight("what else shows: " + fault.name(), Scene.PATIENCE, proof::shown));
      }
      awaitMore(service, EVENTS);
      Await.until(
          "the time of the fault", lasting.plusMinutes(1), () -> System.nanoTime() - until >= 0);
    } finally {
      fault.heal();
    }
    awaitMore(service, EVENTS);
    service.stopLoad();
    return Verdict.give(scene, fault.name(), String.join("; ", seen), expected);
  }

  private static void awaitMore(Recorder service, int events) {
    long until = service.issued() + events;
    Await.until("more load", Scene.PATIENCE, () -> service.issued() >= until);
  }
}
