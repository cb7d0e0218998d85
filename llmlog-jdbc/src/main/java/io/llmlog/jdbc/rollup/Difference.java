package io.llmlog.jdbc.rollup;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the rollup that says something else than the rows of {@code llm_logs}, or is missing,
 * or is too much.
 *
 * @param companyId -1 where the calls name none
 * @param provider empty where the calls name none; likewise the other texts
 * @param figures those that differ, in the order of the columns
 */
public record Difference(
    Instant hour,
    long companyId,
    String provider,
    String model,
    String action,
    String environment,
    List<Figure> figures) {
  public Difference {
    figures = List.copyOf(figures);
  }

  /**
   * A figure both ways, as PostgreSQL writes it.
   *
   * @param rollup null where the rollup has no such row, or the figure is unknown there
   * @param rows null where there are no such calls, or the figure is unknown
   */
  public record Figure(String column, @Nullable String rollup, @Nullable String rows) {}
}
