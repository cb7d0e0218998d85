-- The time behind the company made each entry of the index its own: 40 bytes for each row. The calls
-- of a company within an hour share theirs, and the newest are found all the same: the hours come
-- in their order, and the calls of one hour are sorted when they are read.
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
