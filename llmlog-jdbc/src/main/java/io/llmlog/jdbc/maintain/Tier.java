package io.llmlog.jdbc.maintain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * A tier of the rollup above the hours. Its rows are sums of those of the tier below, and a table
 * beside it says which of its units are whole.
 */
enum Tier {
  /** Of hours. */
  DAY(ChronoUnit.DAYS, "day", "llm_log_daily", "llm_log_days", "whole"),
  /** Of a day that is whole, all companies together. */
  OVERALL(ChronoUnit.DAYS, "day", "llm_log_overall", "llm_log_days", "overall"),
  /** Of days that are whole. */
  MONTH(ChronoUnit.MONTHS, "month", "llm_log_monthly", "llm_log_months", "whole");

  private final ChronoUnit length;

  /** The column that says when it begins, in both tables; also the server's name of the unit. */
  final String unit;

  /** Its sums. */
  final String sums;

  /** Its units. */
  final String units;

  /** The column there that says whether they are whole. */
  final String whole;

  Tier(ChronoUnit length, String unit, String sums, String units, String whole) {
    this.length = length;
    this.unit = unit;
    this.sums = sums;
    this.units = units;
    this.whole = whole;
  }

  /** What its rows tell apart, beside the time. */
  String key() {
    String all = "provider, model, action, environment";
    return this == OVERALL ? all : "company_id, " + all;
  }

  /** The end of the unit that begins then. */
  Instant end(Instant begin) {
    return begin.atZone(ZoneOffset.UTC).plus(1, length).toInstant();
  }
}
