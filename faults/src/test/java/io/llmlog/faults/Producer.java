package io.llmlog.faults;

import io.llmlog.delivery.LedgerSnapshot;
import java.time.Duration;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A service, here or in another process, as the check sees it once it has stopped logging. */
interface Producer {
  Workload workload();

  /** The numbers of the events whose {@code log()} answered true. */
  BitSet accepted();

  /** The numbers of the events whose {@code log()} answered false. */
  BitSet refused();

  /** Events of this number and above were never given to {@code log()}. */
  long issued();

  /** The longest call of {@code log()}. */
  Duration longest();

  /** The longest that a call may take, by the service's configuration. */
  Duration bound();

  /** The ledger at its end; null: it was killed, and nobody knows. */
  @Nullable LedgerSnapshot ledger();

  /** What {@code log()} threw; null: nothing, as promised. */
  @Nullable String thrown();
}
