package io.llmlog.faults;

import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong, how it is seen that it did, and how it is mended.
 *
 * <p>The steps of the builder come in an order, so that no fault is without its proof.
 */
final class Fault {
  private final String name;
  private final Step strike;
  private final Proof proof;
  private final Step heal;

  private Fault(String name, Step strike, Proof proof, Step heal) {
    this.name = name;
    this.strike = strike;
    this.proof = proof;
    this.heal = heal;
  }

  /** A step of a case. */
  interface Step {
    void run() throws Exception;
  }

  /** What the server, the proxy or the file says of a fault; asked again until it says so. */
  interface Proof {
    /** Null or empty: nothing shows it yet; so does an exception. */
    @Nullable String shown() throws Exception;
  }

  /** A fault without its strike. */
  interface Named {
    Struck by(Step strike);
  }

  /** A fault without its proof. */
  interface Struck {
    Proven shownBy(Proof proof);
  }

  /** A fault without its cure. */
  interface Proven {
    Fault healedBy(Step heal);

    /** It is over when it has happened. */
    default Fault passing() {
      return healedBy(() -> {});
    }
  }

  static Named named(String name) {
    return strike -> proof -> heal -> new Fault(name, strike, proof, heal);
  }

  /** The same in another setting, which the table names. */
  Fault on(String setting) {
    return new Fault(name + ", " + setting, strike, proof, heal);
  }

  String name() {
    return name;
  }

  void strike() throws Exception {
    strike.run();
  }

  /** Waits for the proof. */
  String proof() {
    return Await.sight(
        "a proof of: " + name,
        Scene.PATIENCE,
        () -> {
          String shown = proof.shown();
          return shown == null || shown.isEmpty() ? null : shown;
        });
  }

  /** The proof, if there is one within a moment; else nothing. */
  String proofNow() {
    try {
      String shown = proof.shown();
      return shown == null ? "" : shown;
    } catch (Exception e) {
      return "";
    }
  }

  void heal() throws Exception {
    heal.run();
  }
}
