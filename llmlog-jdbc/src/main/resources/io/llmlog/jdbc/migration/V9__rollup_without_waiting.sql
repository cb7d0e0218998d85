-- The rollup, so that writers neither wait for each other nor change its rows: each statement adds
-- rows of its own, which costs a third of changing those that are there, and now and then one of the
-- writers folds into the sums what all have added. What others read is the same as before at every
-- moment. docs/DATABASE.md explains the parts, docs/RATIONALE.md has the figures.

ALTER TABLE ${schema}.llm_log_hourly RENAME TO llm_log_hourly_sums;

-- What statements have added since. Up to 84 calls of a group stand with their classes as such:
-- making a histogram of each is most of what adding it would cost.
CREATE TABLE ${schema}.llm_log_hourly_additions (
  LIKE ${schema}.llm_log_hourly_sums,
  latency_classes INTEGER[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  vacuum_truncate = false);
-- Without a key, or each addition would pay for it; so that a database that publishes all its tables
-- can delete here.
ALTER TABLE ${schema}.llm_log_hourly_additions REPLICA IDENTITY FULL;

-- The histogram of the classes that string_agg has joined with commas; NULL for none. By way of a text,
-- because joining arrays takes time by the square of their number.
CREATE FUNCTION ${schema}.llm_log_histogram_of_joined(classes TEXT) RETURNS INTEGER[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN classes IS NULL THEN '{}'::integer[]
    ELSE ${schema}.llm_log_histogram_of(string_to_array(classes, ',')::integer[]) END
$$;

-- The additions, one row to a key.
CREATE VIEW ${schema}.llm_log_hourly_added AS
SELECT hour, company_id, provider, model, action, environment,
  sum(calls)::bigint AS calls, sum(errors)::bigint AS errors,
  sum(tokens_input) AS tokens_input, sum(tokens_output) AS tokens_output,
  sum(tokens_cache_read) AS tokens_cache_read, sum(tokens_cache_write) AS tokens_cache_write,
  sum(tokens_reasoning) AS tokens_reasoning, sum(cost_usd) AS cost_usd,
  sum(calls_cost_unknown)::bigint AS calls_cost_unknown, sum(latency_ms_sum) AS latency_ms_sum,
  ${schema}.llm_log_histogram_sum(
    ${schema}.llm_log_histogram_of_joined(string_agg(array_to_string(latency_classes, ','), ',')
      FILTER (WHERE latency_classes <> '{}')),
    coalesce(${schema}.llm_log_histogram_total(latency_histogram)
      FILTER (WHERE latency_histogram <> '{}'), '{}')) AS latency_histogram
FROM ${schema}.llm_log_hourly_additions
GROUP BY hour, company_id, provider, model, action, environment;

-- The rollup: one row to a key, with all that is committed.
CREATE VIEW ${schema}.llm_log_hourly AS
SELECT * FROM ${schema}.llm_log_hourly_sums AS sums
WHERE NOT EXISTS (
  SELECT FROM ${schema}.llm_log_hourly_additions AS added
  WHERE (added.hour, added.company_id, added.provider, added.model, added.action, added.environment)
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

-- Two rows to a key at times: who asks adds them up anyway, and need not pay for it twice.
CREATE OR REPLACE VIEW ${schema}.llm_log_usage AS
SELECT hour, nullif(company_id, -1) AS company_id, nullif(provider, '') AS provider,
  nullif(model, '') AS model, nullif(action, '') AS action,
  nullif(environment, '') AS environment, calls, errors, tokens_input, tokens_output,
  tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd, calls_cost_unknown,
  latency_ms_sum, latency_histogram
FROM ${schema}.llm_log_hourly_sums
UNION ALL
SELECT hour, nullif(company_id, -1), nullif(provider, ''), nullif(model, ''), nullif(action, ''),
  nullif(environment, ''), calls, errors, tokens_input, tokens_output, tokens_cache_read,
  tokens_cache_write, tokens_reasoning, cost_usd, calls_cost_unknown, latency_ms_sum,
  latency_histogram
FROM ${schema}.llm_log_hourly_added;

-- Folds up to so many additions into the sums, in one statement, so that no reader sees them twice
-- or not at all; answers how many. Only under the lock of the rollup, which the caller takes: two
-- that fold would wait for each other's rows. Whoever has locked one by hand is not waited for.
CREATE FUNCTION ${schema}.llm_log_hourly_fold(most BIGINT) RETURNS BIGINT
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms' SET work_mem = '64MB' AS $$
DECLARE
  folded bigint;
BEGIN
  WITH gone AS (
    DELETE FROM ${schema}.llm_log_hourly_additions
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${schema}.llm_log_hourly_additions LIMIT most))
    RETURNING *),
  added AS (
    INSERT INTO ${schema}.llm_log_hourly_sums AS known
      (hour, company_id, provider, model, action, environment, calls, errors,
       tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
       cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram)
    SELECT hour, company_id, provider, model, action, environment, sum(calls), sum(errors),
      sum(tokens_input), sum(tokens_output), sum(tokens_cache_read), sum(tokens_cache_write),
      sum(tokens_reasoning), sum(cost_usd), sum(calls_cost_unknown), sum(latency_ms_sum),
      ${schema}.llm_log_histogram_sum(
        ${schema}.llm_log_histogram_of_joined(string_agg(array_to_string(latency_classes, ','), ',')
          FILTER (WHERE latency_classes <> '{}')),
        coalesce(${schema}.llm_log_histogram_total(latency_histogram)
          FILTER (WHERE latency_histogram <> '{}'), '{}'))
    FROM gone
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
  SELECT count(*) INTO folded FROM gone;
  RETURN folded;
END
$$;

-- One statement of fifty folds, unless another is at it: additions stay few whoever writes, and
-- nobody waits. Not at a higher isolation, whose snapshot may be older than what others folded.
CREATE OR REPLACE FUNCTION ${schema}.llm_logs_roll_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ${schema}.llm_log_hourly_additions
    (hour, company_id, provider, model, action, environment, calls, errors,
     tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
     cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram, latency_classes)
  SELECT hour, company_id, provider, model, action, environment, calls, errors,
    tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
    cost_usd, calls_cost_unknown, latency_ms_sum,
    CASE WHEN cardinality(classes) > 84 THEN ${schema}.llm_log_histogram_of(classes) ELSE '{}' END,
    CASE WHEN cardinality(classes) > 84 THEN '{}' ELSE classes END
  FROM (
    SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1) AS company_id,
      coalesce(provider, '') COLLATE "C" AS provider, coalesce(model, '') COLLATE "C" AS model,
      action COLLATE "C" AS action,
      coalesce(deployment_environment, '') COLLATE "C" AS environment,
      count(*) AS calls,
      count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL) AS errors,
      coalesce(sum(tokens_input), 0) AS tokens_input,
      coalesce(sum(tokens_output), 0) AS tokens_output,
      coalesce(sum(tokens_cache_read), 0) AS tokens_cache_read,
      coalesce(sum(tokens_cache_write), 0) AS tokens_cache_write,
      coalesce(sum(tokens_reasoning), 0) AS tokens_reasoning,
      sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN') AS cost_usd,
      count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN') AS calls_cost_unknown,
      coalesce(sum(latency_ms), 0) AS latency_ms_sum,
      coalesce(array_agg(greatest(width_bucket(latency_ms, ${schema}.llm_log_latency_bounds()), 1))
        FILTER (WHERE latency_ms IS NOT NULL), '{}') AS classes
    FROM inserted
    GROUP BY 1, 2, 3, 4, 5, 6) AS sums;
  IF random() < 0.02 AND current_setting('transaction_isolation') = 'read committed'
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

-- A hand that mends the rollup finds a table, as before. It changes the sums by what it changes here,
-- so that what others add meanwhile is kept.
CREATE FUNCTION ${schema}.llm_log_hourly_mend() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF tg_op = 'INSERT' THEN
    INSERT INTO ${schema}.llm_log_hourly_sums SELECT NEW.*;
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('llmlog rollup ' || tg_table_schema, 0));
  PERFORM ${schema}.llm_log_hourly_fold(9223372036854775807);
  IF tg_op = 'DELETE' THEN
    DELETE FROM ${schema}.llm_log_hourly_sums AS known
    WHERE (known.hour, known.company_id, known.provider, known.model, known.action,
      known.environment) = (OLD.hour, OLD.company_id, OLD.provider, OLD.model, OLD.action,
      OLD.environment);
    RETURN OLD;
  END IF;
  UPDATE ${schema}.llm_log_hourly_sums AS known SET
    hour = NEW.hour, company_id = NEW.company_id, provider = NEW.provider, model = NEW.model,
    action = NEW.action, environment = NEW.environment,
    calls = known.calls + NEW.calls - OLD.calls,
    errors = known.errors + NEW.errors - OLD.errors,
    tokens_input = known.tokens_input + NEW.tokens_input - OLD.tokens_input,
    tokens_output = known.tokens_output + NEW.tokens_output - OLD.tokens_output,
    tokens_cache_read = known.tokens_cache_read + NEW.tokens_cache_read - OLD.tokens_cache_read,
    tokens_cache_write = known.tokens_cache_write + NEW.tokens_cache_write - OLD.tokens_cache_write,
    tokens_reasoning = known.tokens_reasoning + NEW.tokens_reasoning - OLD.tokens_reasoning,
    cost_usd = CASE WHEN NEW.cost_usd IS NOT DISTINCT FROM OLD.cost_usd THEN known.cost_usd
      ELSE coalesce(known.cost_usd, 0) + NEW.cost_usd - coalesce(OLD.cost_usd, 0) END,
    calls_cost_unknown = known.calls_cost_unknown + NEW.calls_cost_unknown - OLD.calls_cost_unknown,
    latency_ms_sum = known.latency_ms_sum + NEW.latency_ms_sum - OLD.latency_ms_sum,
    latency_histogram = CASE WHEN NEW.latency_histogram = OLD.latency_histogram
      THEN known.latency_histogram
      ELSE ${schema}.llm_log_histogram_sum(known.latency_histogram,
        ${schema}.llm_log_histogram_sum(NEW.latency_histogram, ARRAY(
          SELECT -n FROM unnest(OLD.latency_histogram) WITH ORDINALITY AS classes (n, class)
          ORDER BY class))) END
  WHERE (known.hour, known.company_id, known.provider, known.model, known.action,
    known.environment) = (OLD.hour, OLD.company_id, OLD.provider, OLD.model, OLD.action,
    OLD.environment);
  RETURN NEW;
END
$$;

ALTER VIEW ${schema}.llm_log_hourly
  ALTER company_id SET DEFAULT -1, ALTER provider SET DEFAULT '', ALTER model SET DEFAULT '',
  ALTER action SET DEFAULT '', ALTER environment SET DEFAULT '';
CREATE TRIGGER llm_log_hourly_mend INSTEAD OF INSERT OR UPDATE OR DELETE ON ${schema}.llm_log_hourly
FOR EACH ROW EXECUTE FUNCTION ${schema}.llm_log_hourly_mend();
