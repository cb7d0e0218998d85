package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmlog.jdbc.usage.LatencyHistogram;
import io.llmlog.jdbc.usage.Usage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The figures of some calls: as JSON, and what is left of a total without some of its groups. */
final class Figures {
  private Figures() {}

  /** With percentiles, where the question asked for latencies. */
  static ObjectNode withPercentiles(Usage usage) {
    ObjectNode node = of(usage);
    LatencyHistogram latency = usage.latency();
    if (latency != null) {
      node.put("p50_ms", percentile(latency, 0.5));
      node.put("p95_ms", percentile(latency, 0.95));
      node.put("p99_ms", percentile(latency, 0.99));
    }
    return node;
  }

  static ObjectNode of(Usage usage) {
    return Json.object()
        .put("calls", usage.calls())
        .put("errors", usage.errors())
        .put("tokens_input", usage.tokensInput().toString())
        .put("tokens_output", usage.tokensOutput().toString())
        .put("tokens_cache_read", usage.tokensCacheRead().toString())
        .put("tokens_cache_write", usage.tokensCacheWrite().toString())
        .put("tokens_reasoning", usage.tokensReasoning().toString())
        .put("cost_usd", Json.money(usage.costUsd()))
        .put("calls_cost_unknown", usage.callsCostUnknown());
  }

  private static @Nullable Long percentile(LatencyHistogram latency, double share) {
    OptionalDouble found = latency.percentile(share);
    return found.isEmpty() ? null : Math.round(found.getAsDouble());
  }

  static BigInteger tokens(Usage usage) {
    return usage.tokensInput().add(usage.tokensOutput());
  }

  /**
   * The total without the groups; without latencies. None of its figures is negative: the groups
   * may be of a moment later, when there were more calls.
   */
  static Usage without(Usage total, List<Usage> groups) {
    long calls = total.calls();
    long errors = total.errors();
    long unknown = total.callsCostUnknown();
    BigInteger input = total.tokensInput();
    BigInteger output = total.tokensOutput();
    BigInteger cacheRead = total.tokensCacheRead();
    BigInteger cacheWrite = total.tokensCacheWrite();
    BigInteger reasoning = total.tokensReasoning();
    BigDecimal cost = total.costUsd();
    for (Usage group : groups) {
      calls = Math.max(0, calls - group.calls());
      errors = Math.max(0, errors - group.errors());
      unknown = Math.max(0, unknown - group.callsCostUnknown());
      input = less(input, group.tokensInput());
      output = less(output, group.tokensOutput());
      cacheRead = less(cacheRead, group.tokensCacheRead());
      cacheWrite = less(cacheWrite, group.tokensCacheWrite());
      reasoning = less(reasoning, group.tokensReasoning());
      if (cost != null && group.costUsd() != null) {
        cost = cost.subtract(group.costUsd()).max(BigDecimal.ZERO);
      }
    }
    return new Usage(
        List.of(),
        calls,
        errors,
        input,
        output,
        cacheRead,
        cacheWrite,
        reasoning,
        // Where none of the calls knows its cost there is none, and not 0.
        unknown >= calls ? null : cost,
        unknown,
        null);
  }

  private static BigInteger less(BigInteger all, BigInteger part) {
    return all.subtract(part).max(BigInteger.ZERO);
  }
}
