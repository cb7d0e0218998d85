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
    long callsCostUnknown) {
  public Usage {
    key = Collections.unmodifiableList(new ArrayList<>(key));
  }
}
