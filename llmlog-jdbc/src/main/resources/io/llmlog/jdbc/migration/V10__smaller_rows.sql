-- The time behind the company made each entry of the index its own: 40 bytes for each row. Calls of
-- a company within an hour share theirs, and the newest are found all the same: the hours come in
-- their order, and the calls of one hour are sorted when they are read.
DROP INDEX ${schema}.llm_logs_company_id_created_at_idx;
CREATE INDEX llm_logs_company_id_hour_idx ON ${schema}.llm_logs
  (company_id, date_bin('1 hour', created_at, TIMESTAMPTZ '0001-01-01 00:00:00+00'));

-- Actions and models are few, so one index holds the pairs of them. A model alone is found by
-- reading the whole of it, a few thousand pages for millions of rows, and no row.
DROP INDEX ${schema}.llm_logs_action_idx;
DROP INDEX ${schema}.llm_logs_model_idx;
CREATE INDEX llm_logs_action_model_idx ON ${schema}.llm_logs (action, model);

-- By the hour a company's calls of some time are found.
CREATE OR REPLACE VIEW ${schema}.llm_log_calls AS
SELECT id, created_at, action, message, user_id, company_id, interview_id, model, tokens_used,
  tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type, error_message,
  metadata, deployment_version, deployment_environment, event_id, end_user, provider,
  response_model, response_id, tokens_cache_read, tokens_cache_write, tokens_reasoning, ttft_ms,
  finish_reason, price_version, trace_id, span_id, session_id, service,
  date_bin('1 hour', created_at, TIMESTAMPTZ '0001-01-01 00:00:00+00') AS hour
FROM ${schema}.llm_logs;

-- A number of eight bytes behind a text begins at a multiple of eight, so a row in the order of the
-- columns holds gaps. Partitions may have another order, and new ones take that of DEFAULT: what
-- has a fixed length comes first. A table that others have changed stays as it is.
DO $$
DECLARE
  constraint_name NAME;
BEGIN
  IF to_regclass('${schema}.llm_logs_default') IS NULL
    OR (SELECT partdefid FROM pg_partitioned_table WHERE partrelid = '${schema}.llm_logs'::regclass)
      IS DISTINCT FROM to_regclass('${schema}.llm_logs_default')
    OR (SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_attribute
        WHERE attrelid = '${schema}.llm_logs'::regclass AND attnum > 0 AND NOT attisdropped)
      <> 'action company_id cost_usd created_at deployment_environment deployment_version end_user'
        ' error_message error_type event_id finish_reason id interview_id latency_ms message'
        ' metadata model price_version provider response_id response_model service session_id'
        ' span_id streaming tokens_cache_read tokens_cache_write tokens_input tokens_output'
        ' tokens_reasoning tokens_used trace_id ttft_ms user_id'
  THEN
    RETURN;
  END IF;
  ALTER TABLE ${schema}.llm_logs DETACH PARTITION ${schema}.llm_logs_default;
  ALTER TABLE ${schema}.llm_logs_default RENAME TO llm_logs_default_before;
  CREATE TABLE ${schema}.llm_logs_default AS
  SELECT created_at, id, event_id, tokens_used, tokens_input, tokens_output, latency_ms, company_id,
    user_id, interview_id, ttft_ms, tokens_cache_read, tokens_cache_write, tokens_reasoning,
    streaming, cost_usd, action, model, provider, deployment_environment, deployment_version,
    service, finish_reason, price_version, response_model, response_id, end_user, trace_id, span_id,
    session_id, error_type, error_message, message, metadata
  FROM ${schema}.llm_logs_default_before;
  DROP TABLE ${schema}.llm_logs_default_before;
  ALTER TABLE ${schema}.llm_logs_default
    ALTER created_at SET NOT NULL,
    ALTER id SET NOT NULL,
    ALTER event_id SET NOT NULL,
    ALTER action SET NOT NULL,
    ALTER created_at SET DEFAULT now(),
    ALTER event_id SET DEFAULT gen_random_uuid(),
    ALTER streaming SET DEFAULT FALSE;
  -- From PostgreSQL 18 on these have names, which new partitions take too.
  FOR constraint_name IN
    SELECT conname FROM pg_constraint
    WHERE conrelid = '${schema}.llm_logs_default'::regclass AND contype = 'n'
  LOOP
    EXECUTE format('ALTER TABLE ${schema}.llm_logs_default RENAME CONSTRAINT %I TO %I',
      constraint_name, replace(constraint_name, 'llm_logs_default_', 'llm_logs_'));
  END LOOP;
  ALTER TABLE ${schema}.llm_logs ATTACH PARTITION ${schema}.llm_logs_default DEFAULT;
END $$;

-- As before, but the hour is computed without looking the time zone up by its name for each row, and
-- rows are not sorted in order to be grouped: the planner would, since it takes the lists of classes
-- for large.
CREATE OR REPLACE FUNCTION ${schema}.llm_logs_roll_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_sort = off AS $$
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
    SELECT date_bin('1 hour', created_at, TIMESTAMPTZ '0001-01-01 00:00:00+00') AS hour,
      coalesce(company_id, -1) AS company_id,
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
