package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.usage.LatencyHistogram;
import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import io.llmlog.jdbc.usage.UsageAnswer.Source;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CostReportTest {
  private static final List<Dimension> BY_MODEL = List.of(Dimension.MODEL);

  @Test
  void money_isExact_andNeverInExponents() {
    Usage tiny = usage("m", "0.000000000001");
    Usage huge = usage("n", "123456789012345678901234.100000000000");
    assertTrue(CostReport.csv(BY_MODEL, List.of(tiny), false).contains(",0.000000000001,"));
    assertTrue(
        CostReport.json(BY_MODEL, answer(List.of(huge), tiny))
            .contains("\"cost_usd\": 123456789012345678901234.1,"));
    assertTrue(
        CostReport.json(BY_MODEL, answer(List.of(), usage("m", "100.000000000000")))
            .contains("\"cost_usd\": 100,"));
  }

  @Test
  void anUnknownCost_isNeverZero() {
    Usage unknown = usage("m", null);
    assertTrue(CostReport.csv(BY_MODEL, List.of(unknown), false).contains(",,1\r\n"));
    assertTrue(
        CostReport.json(BY_MODEL, answer(List.of(), unknown)).contains("\"cost_usd\": null"));
    assertTrue(CostReport.text(BY_MODEL, List.of(unknown), unknown).get(2).contains("unknown"));
  }

  @Test
  void textsFromProducers_doNoHarm() {
    List<Usage> rows =
        List.of(usage("=1+1", "1"), usage("a\"b,c\nd", "1"), usage("-5", "1"), usage("-x", "1"));
    String csv = CostReport.csv(BY_MODEL, rows, false);
    assertTrue(csv.contains("\r\n'=1+1,"), csv);
    assertTrue(csv.contains("\r\n\"a\"\"b,c\nd\","), csv);
    assertTrue(csv.contains("\r\n-5,"), "a number stays one: " + csv);
    assertTrue(csv.contains("\r\n'-x,"), csv);
    List<String> text =
        CostReport.text(BY_MODEL, List.of(usage("\u001b[2Jx\u202e\u009b", "1")), usage(null, "1"));
    assertTrue(text.get(2).startsWith("\uFFFD[2Jx\uFFFD\uFFFD "), text.get(2));
    assertTrue(
        CostReport.json(
                BY_MODEL, answer(List.of(usage("\"\u0001\\\ud800\u009b", "1")), usage(null, "1")))
            .contains("\"model\": \"\\\"\\u0001\\\\\\ud800\\u009b\""));
  }

  @Test
  void callsWithoutAValue_areTheirOwnGroup() {
    List<String> text = CostReport.text(BY_MODEL, List.of(usage(null, "1")), usage(null, "1"));
    assertTrue(text.get(2).startsWith("(none)"), text.get(2));
    assertEquals(5, text.size());
  }

  @Test
  void latencies_andTheErrorRate_areShownWhereAsked() {
    Usage quick = usage("m", "1", LatencyHistogram.of(0, 0, 0, 0, 0, 0, 0, 1));
    Usage none = usage("n", "1", LatencyHistogram.of());
    List<String> text = CostReport.text(BY_MODEL, List.of(quick, none), quick);
    assertTrue(text.get(0).endsWith("  errors %  p50 ms  p95 ms  p99 ms"), text.get(0));
    assertTrue(text.get(2).endsWith("      0.00    8.49    8.49    8.49"), text.get(2));
    assertTrue(text.get(3).endsWith("       -       -       -"), text.get(3));
    String csv = CostReport.csv(BY_MODEL, List.of(quick, none), true);
    assertTrue(csv.contains(",error_rate,latency_ms_p50,latency_ms_p95,latency_ms_p99\r\n"), csv);
    assertTrue(csv.contains(",0,8.49,8.49,8.49\r\n") && csv.contains(",0,,,\r\n"), csv);
    String json = CostReport.json(BY_MODEL, answer(List.of(none), quick));
    assertTrue(json.contains("\"error_rate\": 0, \"latency_ms_p50\": null, "), json);
    assertTrue(json.contains("\"latency_ms_p50\": 8.49, "), json);
    assertTrue(
        json.endsWith(
            "\"from\": null, \"to\": null, \"source\": \"replica\", \"lag_seconds\": 1.5}"),
        json);
  }

  private static UsageAnswer answer(List<Usage> groups, Usage total) {
    return new UsageAnswer(
        groups, total, null, null, new Origin(Source.REPLICA, Duration.ofMillis(1500), null));
  }

  private static Usage usage(@Nullable String key, @Nullable String cost) {
    return usage(key, cost, null);
  }

  private static Usage usage(
      @Nullable String key, @Nullable String cost, @Nullable LatencyHistogram latency) {
    return new Usage(
        Arrays.asList(key),
        1,
        0,
        BigInteger.ZERO,
        BigInteger.ZERO,
        BigInteger.ZERO,
        BigInteger.ZERO,
        BigInteger.ZERO,
        cost == null ? null : new BigDecimal(cost),
        cost == null ? 1 : 0,
        latency);
  }
}
