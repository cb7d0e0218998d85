package io.llmlog.worker.cli;

import io.llmlog.jdbc.usage.LatencyHistogram;
import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.worker.usage.Csv;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The three forms of a cost answer. Money is exact in each: no digit is rounded away. */
final class CostReport {
  private static final String UNKNOWN = "unknown";
  private static final String NONE = "(none)";

  private CostReport() {}

  /** What a share of the calls does not exceed, with the name that stands in the head. */
  private enum Percentile {
    P50(0.5),
    P95(0.95),
    P99(0.99);

    private final double share;

    Percentile(double share) {
      this.share = share;
    }

    String key() {
      return "latency_ms_" + name().toLowerCase(Locale.ROOT);
    }

    /** To three digits, which is more than is known; null where nothing is. */
    @Nullable BigDecimal of(Usage row) {
      LatencyHistogram latency = row.latency();
      OptionalDouble found = latency == null ? OptionalDouble.empty() : latency.percentile(share);
      return found.isEmpty()
          ? null
          : new BigDecimal(found.getAsDouble(), new MathContext(3)).stripTrailingZeros();
    }
  }

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
    if (total.latency() != null) {
      head.add("errors %");
      for (Percentile percentile : Percentile.values()) {
        head.add(percentile.name().toLowerCase(Locale.ROOT) + " ms");
      }
    }
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
    if (row.latency() != null) {
      BigDecimal rate = errorRate(row);
      cells.add(
          rate == null
              ? "-"
              : rate.movePointRight(2).setScale(2, RoundingMode.HALF_EVEN).toPlainString());
      for (Percentile percentile : Percentile.values()) {
        BigDecimal latency = percentile.of(row);
        cells.add(latency == null ? "-" : latency.toPlainString());
      }
    }
    return cells;
  }

  static String json(List<Dimension> by, UsageAnswer answer) {
    List<String> names = names(by);
    String lines =
        answer.groups().stream()
            .map(row -> object(names, row).toString())
            .collect(Collectors.joining(", ", "[", "]"));
    Origin origin = answer.origin();
    return new JsonLine()
        .putJson("rows", lines)
        .putJson("total", object(List.of(), answer.total()).toString())
        .put("from", answer.from() == null ? null : answer.from().toString())
        .put("to", answer.to() == null ? null : answer.to().toString())
        .put("source", origin.source().name().toLowerCase(Locale.ROOT))
        .put("lag_seconds", seconds(origin.lag()))
        .toString();
  }

  static @Nullable BigDecimal seconds(@Nullable Duration lag) {
    return lag == null ? null : plain(BigDecimal.valueOf(lag.toMillis(), 3));
  }

  private static JsonLine object(List<String> names, Usage row) {
    JsonLine object = new JsonLine();
    for (int i = 0; i < names.size(); i++) {
      object.put(names.get(i), row.key().get(i));
    }
    object
        .put("calls", row.calls())
        .put("errors", row.errors())
        .put("tokens_input", row.tokensInput())
        .put("tokens_output", row.tokensOutput())
        .put("tokens_cache_read", row.tokensCacheRead())
        .put("tokens_cache_write", row.tokensCacheWrite())
        .put("tokens_reasoning", row.tokensReasoning())
        .put("cost_usd", exact(row.costUsd()))
        .put("calls_cost_unknown", row.callsCostUnknown())
        .put("error_rate", errorRate(row));
    if (row.latency() != null) {
      for (Percentile percentile : Percentile.values()) {
        object.put(percentile.key(), percentile.of(row));
      }
    }
    return object;
  }

  /**
   * @param latency whether the rows have latencies: there may be no row to see it from
   */
  static String csv(List<Dimension> by, List<Usage> rows, boolean latency) {
    Csv head = new Csv();
    names(by).forEach(head::field);
    head.field("calls").field("errors").field("tokens_input").field("tokens_output");
    head.field("tokens_cache_read").field("tokens_cache_write").field("tokens_reasoning");
    head.field("cost_usd").field("calls_cost_unknown");
    if (latency) {
      head.field("error_rate");
      for (Percentile percentile : Percentile.values()) {
        head.field(percentile.key());
      }
    }
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
      line.field(number(cost));
      line.field(Long.toString(row.callsCostUnknown()));
      if (latency) {
        line.field(number(errorRate(row)));
        for (Percentile percentile : Percentile.values()) {
          line.field(number(percentile.of(row)));
        }
      }
      text.append(line.row());
    }
    return text.toString();
  }

  private static @Nullable BigDecimal exact(@Nullable BigDecimal cost) {
    return cost == null ? null : cost.stripTrailingZeros();
  }

  /** To six digits behind the point. */
  private static @Nullable BigDecimal errorRate(Usage row) {
    Double rate = row.errorRate();
    return rate == null ? null : plain(new BigDecimal(rate).setScale(6, RoundingMode.HALF_EVEN));
  }

  private static BigDecimal plain(BigDecimal number) {
    return number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
  }

  private static String number(@Nullable BigDecimal number) {
    return number == null ? "" : number.toPlainString();
  }

  static String name(Dimension dimension) {
    return dimension.name().toLowerCase(Locale.ROOT);
  }

  static List<String> names(List<Dimension> by) {
    return by.stream().map(CostReport::name).collect(Collectors.toCollection(ArrayList::new));
  }
}
