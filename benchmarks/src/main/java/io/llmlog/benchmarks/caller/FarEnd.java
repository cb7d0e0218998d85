package io.llmlog.benchmarks.caller;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the events of a subject go.
 *
 * @param directory for its files, and for the counts of those that have none
 * @param redisUrl a server whose list nobody empties, where the subject shall not start one itself;
 *     or null
 */
record FarEnd(Path directory, @Nullable String redisUrl) {
  static final String QUEUE = "llm_logs";

  /** Stands in before the start. */
  static final FarEnd NOWHERE = new FarEnd(Path.of("."), null);

  /** A directory of its own, and servers of its own. */
  static FarEnd own() {
    return new FarEnd(ScratchPlace.create(), null);
  }

  /** What arrived, where the far end is no more than a count. */
  Tally arrived() {
    return Tally.in(directory, "arrived");
  }

  /** What was taken, by a process that will be killed. */
  Tally taken() {
    return Tally.in(directory, "taken");
  }

  Path file(String name) {
    return directory.resolve(name);
  }
}
