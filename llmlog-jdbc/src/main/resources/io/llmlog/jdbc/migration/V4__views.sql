-- What a reader sees: rights are granted on these, never on the tables.

-- One row per call.
CREATE VIEW ${schema}.llm_log_calls AS
SELECT id, created_at, action, message, user_id, company_id, interview_id, model, tokens_used,
  tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type, error_message,
  metadata, deployment_version, deployment_environment, event_id, end_user, provider,
  response_model, response_id, tokens_cache_read, tokens_cache_write, tokens_reasoning, ttft_ms,
  finish_reason, price_version, trace_id, span_id, session_id, service
FROM ${schema}.llm_logs;

-- Usage per hour; a dimension that the calls do not name is NULL here. A company is found by an index
-- on this very expression.
CREATE VIEW ${schema}.llm_log_usage AS
SELECT hour, nullif(company_id, -1) AS company_id, nullif(provider, '') AS provider,
  nullif(model, '') AS model, nullif(action, '') AS action,
  nullif(environment, '') AS environment, calls, errors, tokens_input, tokens_output,
  tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd, calls_cost_unknown,
  latency_ms_sum, latency_histogram
FROM ${schema}.llm_log_hourly;

-- "What did this month cost." The key begins with the hour too, but the planner trusts the order of
-- an index of several columns less than that of one, and would read the whole table instead.
CREATE INDEX llm_log_hourly_hour_idx ON ${schema}.llm_log_hourly (hour);

-- What could not be stored, without the messages themselves.
CREATE VIEW ${schema}.llm_log_failures AS
SELECT id, created_at, octet_length(raw) AS bytes, reason, sqlstate, first_seen, last_seen, attempts
FROM ${schema}.llm_log_dead_letters;

-- Prompts and answers: a right of its own.
CREATE VIEW ${schema}.llm_log_texts AS
SELECT event_id, created_at, request, response FROM ${schema}.llm_log_contents;
