package io.llmlog.jdbc.usage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one group of calls.
 *
 * @param key the group's values, in the order of the question; null where the calls have none
 * @param errors calls with an {@code error_type} or an {@code error_message}
 * @param tokensInput of the calls that know theirs, cached ones included
 * @param costUsd of the calls that know theirs, or null where none does: unknown is never 0
 * @param callsCostUnknown calls whose cost is in no sum
 * @param latency of the calls that know theirs, or null where the question did not ask
 */
public record Usage(
    List<@Nullable String> key,
    long calls,
    long errors,
    BigInteger tokensInput,
    BigInteger tokensOutput,
    BigInteger tokensCacheRead,
    BigInteger tokensCacheWrite,
    BigInteger tokensReasoning,
    @Nullable BigDecimal costUsd,
    long callsCostUnknown,
    @Nullable LatencyHistogram latency) {
  public Usage {
    key = Collections.unmodifiableList(new ArrayList<>(key));
  }

  /** The share of calls that are errors, 0 to 1, or null where there are no calls. */
  public @Nullable Double errorRate() {
    return calls == 0 ? null : (double) errors / calls;
  }
}
