package io.llmlog.faults;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.faults.Invariants.Tally;

/**
 * The end of a case: nothing is written down without a proof of the fault and without the check.
 */
final class Verdict {
  private Verdict() {}

  /**
   * Checks a healed scene and writes the row of the case.
   *
   * @param fault what was done, for the table
   * @param proof what the server, the proxy or the file said of it
   */
  static Tally give(Scene scene, String fault, String proof, Expected expected) throws Exception {
    if (proof.isBlank()) {
      throw new AssertionError("nothing shows that this happened: " + fault);
    }
    Tally tally = Invariants.check(scene, expected);
    scene.verdictGiven();
    Report.add(fault, proof, tally);
    return tally;
  }
}
