package io.llmlog.worker.cli;

import io.llmlog.jdbc.rollup.Difference;
import io.llmlog.jdbc.rollup.Difference.Figure;
import io.llmlog.jdbc.rollup.Rollup.Checked;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The forms of what {@code rollup check} has found. */
final class RollupText {
  private static final long NO_COMPANY = -1;
  private static final String NONE = "(none)";

  private RollupText() {}

  /** A line for each figure that differs. */
  static List<String> table(List<Difference> differences) {
    TextTable table =
        new TextTable(
            7,
            List.of(
                "hour",
                "company",
                "provider",
                "model",
                "action",
                "environment",
                "figure",
                "rollup",
                "rows"));
    for (Difference key : differences) {
      for (Figure figure : key.figures()) {
        table.add(
            List.of(
                key.hour().toString(),
                key.companyId() == NO_COMPANY ? NONE : Long.toString(key.companyId()),
                shown(key.provider()),
                shown(key.model()),
                shown(key.action()),
                shown(key.environment()),
                figure.column(),
                known(figure.rollup()),
                known(figure.rows())));
      }
    }
    return table.lines(false);
  }

  static String json(Checked checked) {
    return new JsonLine()
        .put("keys", checked.keys())
        .put("hours", checked.hours().size())
        .putJson(
            "differences",
            checked.first().stream()
                .map(RollupText::json)
                .collect(Collectors.joining(", ", "[", "]")))
        .toString();
  }

  private static String json(Difference key) {
    JsonLine figures = new JsonLine();
    for (Figure figure : key.figures()) {
      figures.putJson(
          figure.column(),
          new JsonLine().put("rollup", figure.rollup()).put("rows", figure.rows()).toString());
    }
    return new JsonLine()
        .put("hour", key.hour().toString())
        .put("company_id", key.companyId() == NO_COMPANY ? null : key.companyId())
        .put("provider", named(key.provider()))
        .put("model", named(key.model()))
        .put("action", named(key.action()))
        .put("environment", named(key.environment()))
        .putJson("figures", figures.toString())
        .toString();
  }

  /** How much differs, and the command that mends it. */
  static String remedy(Checked checked) {
    Instant first = checked.hours().get(0);
    Instant end = checked.hours().get(checked.hours().size() - 1).plus(Duration.ofHours(1));
    String shown =
        checked.first().size() < checked.keys()
            ? ", of which %d are listed (see --limit)".formatted(checked.first().size())
            : "";
    return "%d keys in %d hours differ%s; run: llmlog rollup rebuild --from %s --to %s"
        .formatted(checked.keys(), checked.hours().size(), shown, first, end);
  }

  private static String shown(String dimension) {
    return dimension.isEmpty() ? NONE : dimension;
  }

  private static @Nullable String named(String dimension) {
    return dimension.isEmpty() ? null : dimension;
  }

  private static String known(@Nullable String figure) {
    return figure == null ? "-" : figure;
  }
}
