-- Usage per day: what a month costs is a sum of thousands of rows then, and not of hundreds of
-- thousands. Writers pay nothing for it: maintenance adds up the hours of days that are past, and
-- a late row only says that its day must be added up again. docs/DATABASE.md explains how the two
-- agree.

-- The days that stand in llm_log_daily; whole: with all that is in llm_log_hourly.
CREATE TABLE ${schema}.llm_log_days (
  day   TIMESTAMPTZ PRIMARY KEY,
  whole BOOLEAN NOT NULL
);

-- As llm_log_hourly, but for the first column.
CREATE TABLE ${schema}.llm_log_daily (LIKE ${schema}.llm_log_hourly);
ALTER TABLE ${schema}.llm_log_daily RENAME COLUMN hour TO day;
CREATE INDEX llm_log_daily_day_idx ON ${schema}.llm_log_daily (day);
CREATE INDEX llm_log_daily_company_id_day_idx ON ${schema}.llm_log_daily
  (nullif(company_id, -1), day);

CREATE AGGREGATE ${schema}.llm_log_histogram_total(INTEGER[]) (
  SFUNC = ${schema}.llm_log_histogram_sum, STYPE = INTEGER[], INITCOND = '{}'
);

-- Maintenance adds up days that ended 36 hours ago or more, under a lock for itself alone. Rows of
-- the last 30 hours cannot meet it: their transaction would have to be open for six hours. Others
-- take the same lock together, so either the sum has them or it is marked. A day is marked once,
-- however many rows come late for it.
CREATE FUNCTION ${schema}.llm_logs_mark_late() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM inserted WHERE created_at < now() - interval '30 hours') THEN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('llmlog days ' || tg_table_schema, 0));
    UPDATE ${schema}.llm_log_days SET whole = false
    WHERE day IN (
      SELECT day FROM ${schema}.llm_log_days
      WHERE whole AND day IN (SELECT date_trunc('day', created_at, 'UTC') FROM inserted
        WHERE created_at < now() - interval '30 hours')
      ORDER BY day FOR UPDATE);
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER llm_logs_mark_late AFTER INSERT ON ${schema}.llm_logs
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
EXECUTE FUNCTION ${schema}.llm_logs_mark_late();

-- For readers: the days that are whole, and their usage.
CREATE VIEW ${schema}.llm_log_usage_days AS
SELECT day FROM ${schema}.llm_log_days WHERE whole;

CREATE VIEW ${schema}.llm_log_usage_daily AS
SELECT sums.day, nullif(company_id, -1) AS company_id, nullif(provider, '') AS provider,
  nullif(model, '') AS model, nullif(action, '') AS action,
  nullif(environment, '') AS environment, calls, errors, tokens_input, tokens_output,
  tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd, calls_cost_unknown,
  latency_ms_sum, latency_histogram
FROM ${schema}.llm_log_daily AS sums JOIN ${schema}.llm_log_days AS days
  ON days.day = sums.day AND days.whole;
