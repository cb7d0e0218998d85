-- The rollup's trigger for less: a statement adds one row for each hour, which holds all its groups.
-- To write and to delete it costs less than a row for each group does, and it leaves less behind for
-- the next fold and for every reader to skip. What others read is the same as before at every moment.

-- Whoever writes waits until the trigger is the new one.
DO $$
BEGIN
  LOCK TABLE ONLY ${schema}.llm_logs IN SHARE ROW EXCLUSIVE MODE;
  PERFORM pg_advisory_xact_lock(hashtextextended('llmlog rollup ' || nspname, 0))
  FROM pg_namespace WHERE oid = '${schema}'::regnamespace;
  PERFORM ${schema}.llm_log_hourly_fold(9223372036854775807);
END $$;

-- The calls of one statement in one hour with one key; NULL: none, or not known of any of them. Up to
-- 84 latencies stand as their classes, joined with commas, more as a histogram, which takes longer to
-- make.
CREATE TYPE ${schema}.llm_log_hourly_group AS (
  company_id         BIGINT,
  provider           VARCHAR(200) COLLATE "C",
  model              VARCHAR(200) COLLATE "C",
  action             VARCHAR(100) COLLATE "C",
  environment        VARCHAR(200) COLLATE "C",
  calls              BIGINT,
  errors             BIGINT,
  tokens_input       NUMERIC,
  tokens_output      NUMERIC,
  tokens_cache_read  NUMERIC,
  tokens_cache_write NUMERIC,
  tokens_reasoning   NUMERIC,
  cost_usd           NUMERIC,
  calls_cost_unknown BIGINT,
  latency_ms_sum     NUMERIC,
  latency_histogram  INTEGER[],
  latency_classes    TEXT
);

-- What statements have added since the last fold. By the hour, so that a statement of many hours
-- makes no value too large. Not compressed: it is read a few times.
ALTER TABLE ${schema}.llm_log_hourly_additions RENAME TO llm_log_hourly_additions_before;
CREATE TABLE ${schema}.llm_log_hourly_additions (
  id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hour   TIMESTAMPTZ NOT NULL,
  -- How many groups there are.
  keys   BIGINT NOT NULL,
  groups ${schema}.llm_log_hourly_group[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  vacuum_truncate = false, toast.vacuum_truncate = false);
ALTER TABLE ${schema}.llm_log_hourly_additions ALTER groups SET STORAGE EXTERNAL;

-- As before, without another function.
CREATE OR REPLACE FUNCTION ${schema}.llm_log_histogram_of_joined(classes TEXT) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  counts integer[] := '{}';
  highest integer := 0;
  class integer;
BEGIN
  IF classes IS NULL THEN
    RETURN counts;
  END IF;
  FOREACH class IN ARRAY string_to_array(classes, ',')::integer[] LOOP
    IF class > highest THEN
      counts := counts || array_fill(0, ARRAY[class - highest]);
      highest := class;
    END IF;
    counts[class] := counts[class] + 1;
  END LOOP;
  RETURN counts;
END
$$;

-- The additions, one row to a key.
CREATE OR REPLACE VIEW ${schema}.llm_log_hourly_added AS
SELECT hour, company_id, provider, model, action, environment,
  sum(calls)::bigint AS calls, coalesce(sum(errors), 0)::bigint AS errors,
  coalesce(sum(tokens_input), 0) AS tokens_input,
  coalesce(sum(tokens_output), 0) AS tokens_output,
  coalesce(sum(tokens_cache_read), 0) AS tokens_cache_read,
  coalesce(sum(tokens_cache_write), 0) AS tokens_cache_write,
  coalesce(sum(tokens_reasoning), 0) AS tokens_reasoning,
  sum(cost_usd) AS cost_usd,
  coalesce(sum(calls_cost_unknown), 0)::bigint AS calls_cost_unknown,
  coalesce(sum(latency_ms_sum), 0) AS latency_ms_sum,
  CASE WHEN count(latency_histogram) = 0
    THEN ${schema}.llm_log_histogram_of_joined(string_agg(latency_classes, ','))
    ELSE ${schema}.llm_log_histogram_sum(
      ${schema}.llm_log_histogram_of_joined(string_agg(latency_classes, ',')),
      ${schema}.llm_log_histogram_total(latency_histogram)) END AS latency_histogram
FROM ${schema}.llm_log_hourly_additions, unnest(groups)
GROUP BY hour, company_id, provider, model, action, environment;

-- The rollup, as before.
CREATE OR REPLACE VIEW ${schema}.llm_log_hourly AS
SELECT * FROM ${schema}.llm_log_hourly_sums AS sums
WHERE NOT EXISTS (
  SELECT FROM ${schema}.llm_log_hourly_additions AS statements, unnest(groups) AS added
  WHERE (statements.hour, added.company_id, added.provider, added.model, added.action,
      added.environment)
    = (sums.hour, sums.company_id, sums.provider, sums.model, sums.action, sums.environment))
UNION ALL
SELECT hour, company_id, provider, model, action, environment,
  coalesce(sums.calls, 0) + added.calls, coalesce(sums.errors, 0) + added.errors,
  coalesce(sums.tokens_input, 0) + added.tokens_input,
  coalesce(sums.tokens_output, 0) + added.tokens_output,
  coalesce(sums.tokens_cache_read, 0) + added.tokens_cache_read,
  coalesce(sums.tokens_cache_write, 0) + added.tokens_cache_write,
  coalesce(sums.tokens_reasoning, 0) + added.tokens_reasoning,
  CASE WHEN added.cost_usd IS NULL THEN sums.cost_usd
    ELSE coalesce(sums.cost_usd, 0) + added.cost_usd END,
  coalesce(sums.calls_cost_unknown, 0) + added.calls_cost_unknown,
  coalesce(sums.latency_ms_sum, 0) + added.latency_ms_sum,
  ${schema}.llm_log_histogram_sum(coalesce(sums.latency_histogram, '{}'), added.latency_histogram)
FROM ${schema}.llm_log_hourly_added AS added
LEFT JOIN ${schema}.llm_log_hourly_sums AS sums
  USING (hour, company_id, provider, model, action, environment);

DROP TABLE ${schema}.llm_log_hourly_additions_before;

-- As before: up to so many keys and what is left of their statement; answers how many.
CREATE OR REPLACE FUNCTION ${schema}.llm_log_hourly_fold(most BIGINT) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms' SET work_mem = '64MB' AS $$
DECLARE
  folded bigint;
BEGIN
  WITH gone AS (
    DELETE FROM ${schema}.llm_log_hourly_additions
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM (
        SELECT ctid, sum(keys) OVER (ROWS UNBOUNDED PRECEDING) - keys AS before
        FROM ${schema}.llm_log_hourly_additions) AS added
      WHERE before < most))
    RETURNING *),
  added AS (
    INSERT INTO ${schema}.llm_log_hourly_sums AS known
      (hour, company_id, provider, model, action, environment, calls, errors,
       tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
       cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram)
    SELECT hour, company_id, provider, model, action, environment, sum(calls),
      coalesce(sum(errors), 0),
      coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
      coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
      coalesce(sum(tokens_reasoning), 0), sum(cost_usd),
      coalesce(sum(calls_cost_unknown), 0), coalesce(sum(latency_ms_sum), 0),
      CASE WHEN count(latency_histogram) = 0
        THEN ${schema}.llm_log_histogram_of_joined(string_agg(latency_classes, ','))
        ELSE ${schema}.llm_log_histogram_sum(
          ${schema}.llm_log_histogram_of_joined(string_agg(latency_classes, ',')),
          ${schema}.llm_log_histogram_total(latency_histogram)) END
    FROM gone, unnest(groups)
    GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (hour, company_id, action, model, provider, ${schema}.llm_log_key_text(environment))
    DO UPDATE SET
      calls = known.calls + excluded.calls,
      errors = known.errors + excluded.errors,
      tokens_input = known.tokens_input + excluded.tokens_input,
      tokens_output = known.tokens_output + excluded.tokens_output,
      tokens_cache_read = known.tokens_cache_read + excluded.tokens_cache_read,
      tokens_cache_write = known.tokens_cache_write + excluded.tokens_cache_write,
      tokens_reasoning = known.tokens_reasoning + excluded.tokens_reasoning,
      cost_usd = CASE WHEN excluded.cost_usd IS NULL THEN known.cost_usd
        ELSE coalesce(known.cost_usd, 0) + excluded.cost_usd END,
      calls_cost_unknown = known.calls_cost_unknown + excluded.calls_cost_unknown,
      latency_ms_sum = known.latency_ms_sum + excluded.latency_ms_sum,
      latency_histogram = ${schema}.llm_log_histogram_sum(
        known.latency_histogram, excluded.latency_histogram))
  SELECT coalesce(sum(keys), 0) INTO folded FROM gone;
  RETURN folded;
END
$$;

-- One statement of a hundred folds, unless another is at it; the rest as before. Rows are grouped
-- without being sorted: the planner would, since it takes the lists of classes for large.
CREATE OR REPLACE FUNCTION ${schema}.llm_logs_roll_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_sort = off AS $$
BEGIN
  INSERT INTO ${schema}.llm_log_hourly_additions (hour, keys, groups)
  SELECT hour, count(*), array_agg(ROW(company_id, provider, model, action, environment, calls, errors,
    tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
    cost_usd, calls_cost_unknown, latency_ms_sum,
    CASE WHEN latencies > 84 THEN ${schema}.llm_log_histogram_of_joined(classes) END,
    CASE WHEN latencies <= 84 THEN classes END)::${schema}.llm_log_hourly_group)
  FROM (
    SELECT hour, company_id, provider, model, action, environment,
      count(*) AS calls, nullif(count(*) FILTER (WHERE failed), 0) AS errors,
      sum(tokens_input) AS tokens_input, sum(tokens_output) AS tokens_output,
      sum(tokens_cache_read) AS tokens_cache_read, sum(tokens_cache_write) AS tokens_cache_write,
      sum(tokens_reasoning) AS tokens_reasoning,
      sum(cost_usd) AS cost_usd, nullif(count(*) - count(cost_usd), 0) AS calls_cost_unknown,
      sum(latency_ms) AS latency_ms_sum, count(latency_ms) AS latencies,
      string_agg(class::text, ',') FILTER (WHERE latency_ms IS NOT NULL) AS classes
    FROM (
      SELECT date_bin('1 hour', created_at, TIMESTAMPTZ '0001-01-01 00:00:00+00') AS hour,
        coalesce(company_id, -1) AS company_id,
        coalesce(provider, '') COLLATE "C" AS provider, coalesce(model, '') COLLATE "C" AS model,
        action COLLATE "C" AS action,
        coalesce(deployment_environment, '') COLLATE "C" AS environment,
        error_type IS NOT NULL OR error_message IS NOT NULL AS failed,
        tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
        nullif(cost_usd, 'NaN') AS cost_usd, latency_ms,
        greatest(width_bucket(latency_ms, ${schema}.llm_log_latency_bounds()), 1) AS class
      FROM inserted
      -- So that each is computed once.
      OFFSET 0) AS calls
    GROUP BY 1, 2, 3, 4, 5, 6) AS sums
  GROUP BY hour;
  IF random() < 0.01 AND current_setting('transaction_isolation') = 'read committed'
    AND pg_try_advisory_xact_lock(hashtextextended('llmlog rollup ' || tg_table_schema, 0))
  THEN
    BEGIN
      PERFORM ${schema}.llm_log_hourly_fold(100000);
    EXCEPTION WHEN OTHERS THEN
      -- The calls are counted, and another statement folds; it must not cost this one its rows.
      RAISE LOG 'llm_log_hourly_fold: % %', sqlstate, sqlerrm;
    END;
  END IF;
  RETURN NULL;
END
$$;

-- Nothing calls it any more.
DROP FUNCTION ${schema}.llm_log_histogram_of(INTEGER[]);
