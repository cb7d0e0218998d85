package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.math.BigInteger;
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
    assertTrue(CostReport.csv(BY_MODEL, List.of(tiny)).contains(",0.000000000001,"));
    assertTrue(
        CostReport.json(BY_MODEL, List.of(huge), tiny)
            .contains("\"cost_usd\": 123456789012345678901234.1,"));
    assertTrue(
        CostReport.json(BY_MODEL, List.of(), usage("m", "100.000000000000"))
            .contains("\"cost_usd\": 100,"));
  }

  @Test
  void anUnknownCost_isNeverZero() {
    Usage unknown = usage("m", null);
    assertTrue(CostReport.csv(BY_MODEL, List.of(unknown)).contains(",,1\r\n"));
    assertTrue(CostReport.json(BY_MODEL, List.of(), unknown).contains("\"cost_usd\": null"));
    assertTrue(CostReport.text(BY_MODEL, List.of(unknown), unknown).get(2).contains("unknown"));
  }

  @Test
  void textsFromProducers_doNoHarm() {
    List<Usage> rows =
        List.of(usage("=1+1", "1"), usage("a\"b,c\nd", "1"), usage("-5", "1"), usage("-x", "1"));
    String csv = CostReport.csv(BY_MODEL, rows);
    assertTrue(csv.contains("\r\n'=1+1,"), csv);
    assertTrue(csv.contains("\r\n\"a\"\"b,c\nd\","), csv);
    assertTrue(csv.contains("\r\n-5,"), "a number stays one: " + csv);
    assertTrue(csv.contains("\r\n'-x,"), csv);
    List<String> text =
        CostReport.text(BY_MODEL, List.of(usage("\u001b[2Jx\u202e\u009b", "1")), usage(null, "1"));
    assertTrue(text.get(2).startsWith("\uFFFD[2Jx\uFFFD\uFFFD "), text.get(2));
    assertTrue(
        CostReport.json(BY_MODEL, List.of(usage("\"\u0001\\\ud800\u009b", "1")), usage(null, "1"))
            .contains("\"model\": \"\\\"\\u0001\\\\\\ud800\\u009b\""));
  }

  @Test
  void callsWithoutAValue_areTheirOwnGroup() {
    List<String> text = CostReport.text(BY_MODEL, List.of(usage(null, "1")), usage(null, "1"));
    assertTrue(text.get(2).startsWith("(none)"), text.get(2));
    assertEquals(5, text.size());
  }

  private static Usage usage(@Nullable String key, @Nullable String cost) {
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
        cost == null ? 1 : 0);
  }
}
