package io.llmlog.worker.cli;

import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The three forms of a cost answer. Money is exact in each: no digit is rounded away. */
final class CostReport {
  private static final String UNKNOWN = "unknown";
  private static final String NONE = "(none)";

  private CostReport() {}

  static List<String> text(List<Dimension> by, List<Usage> rows, Usage total) {
    int scale =
        Stream.concat(rows.stream(), Stream.of(total))
            .map(Usage::costUsd)
            .filter(Objects::nonNull)
            .mapToInt(cost -> Math.max(2, cost.stripTrailingZeros().scale()))
            .max()
            .orElse(2);
    List<String> head = names(by);
    head.addAll(List.of("calls", "errors", "tokens in", "tokens out", "cost USD", "cost unknown"));
    TextTable table = new TextTable(by.size(), head);
    for (Usage row : rows) {
      List<String> cells =
          row.key().stream().map(key -> key == null ? NONE : key).collect(Collectors.toList());
      table.add(figures(cells, row, scale));
    }
    List<String> cells = new ArrayList<>(List.of("total"));
    while (cells.size() < by.size()) {
      cells.add("");
    }
    table.add(figures(cells, total, scale));
    return table.lines(true);
  }

  private static List<String> figures(List<String> cells, Usage row, int scale) {
    BigDecimal cost = row.costUsd();
    cells.add(Long.toString(row.calls()));
    cells.add(Long.toString(row.errors()));
    cells.add(row.tokensInput().toString());
    cells.add(row.tokensOutput().toString());
    cells.add(cost == null ? UNKNOWN : cost.stripTrailingZeros().setScale(scale).toPlainString());
    cells.add(row.callsCostUnknown() + (row.callsCostUnknown() == 1 ? " call" : " calls"));
    return cells;
  }

  static String json(List<Dimension> by, List<Usage> rows, Usage total) {
    List<String> names = names(by);
    String lines =
        rows.stream()
            .map(row -> object(names, row).toString())
            .collect(Collectors.joining(", ", "[", "]"));
    return new JsonLine()
        .putJson("rows", lines)
        .putJson("total", object(List.of(), total).toString())
        .toString();
  }

  private static JsonLine object(List<String> names, Usage row) {
    JsonLine object = new JsonLine();
    for (int i = 0; i < names.size(); i++) {
      object.put(names.get(i), row.key().get(i));
    }
    return object
        .put("calls", row.calls())
        .put("errors", row.errors())
        .put("tokens_input", row.tokensInput())
        .put("tokens_output", row.tokensOutput())
        .put("tokens_cache_read", row.tokensCacheRead())
        .put("tokens_cache_write", row.tokensCacheWrite())
        .put("tokens_reasoning", row.tokensReasoning())
        .put("cost_usd", exact(row.costUsd()))
        .put("calls_cost_unknown", row.callsCostUnknown());
  }

  static String csv(List<Dimension> by, List<Usage> rows) {
    Csv head = new Csv();
    names(by).forEach(head::field);
    head.field("calls").field("errors").field("tokens_input").field("tokens_output");
    head.field("tokens_cache_read").field("tokens_cache_write").field("tokens_reasoning");
    head.field("cost_usd").field("calls_cost_unknown");
    StringBuilder text = new StringBuilder(head.row());
    for (Usage row : rows) {
      Csv line = new Csv();
      row.key().forEach(key -> line.text(key == null ? "" : key));
      BigDecimal cost = exact(row.costUsd());
      line.field(Long.toString(row.calls())).field(Long.toString(row.errors()));
      line.field(row.tokensInput().toString()).field(row.tokensOutput().toString());
      line.field(row.tokensCacheRead().toString()).field(row.tokensCacheWrite().toString());
      line.field(row.tokensReasoning().toString());
      // Empty is the CSV of NULL: a sum over the column leaves it out.
      line.field(cost == null ? "" : cost.toPlainString());
      line.field(Long.toString(row.callsCostUnknown()));
      text.append(line.row());
    }
    return text.toString();
  }

  private static @Nullable BigDecimal exact(@Nullable BigDecimal cost) {
    return cost == null ? null : cost.stripTrailingZeros();
  }

  static String name(Dimension dimension) {
    return dimension.name().toLowerCase(Locale.ROOT);
  }

  static List<String> names(List<Dimension> by) {
    return by.stream().map(CostReport::name).collect(Collectors.toCollection(ArrayList::new));
  }
}
