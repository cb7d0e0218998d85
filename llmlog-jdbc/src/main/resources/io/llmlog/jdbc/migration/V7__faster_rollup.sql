-- The same sums as before, for less: a function in PL/pgSQL costs some microseconds each time, and
-- the trigger called one for each row and one for each group. Most groups of a statement have one
-- call, and for those what is built in suffices now. docs/RATIONALE.md has the figures.

-- The histogram of some classes: as many counts as the highest of them.
CREATE FUNCTION ${schema}.llm_log_histogram_of(classes INTEGER[]) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  counts integer[] := '{}';
  highest integer := 0;
  class integer;
BEGIN
  FOREACH class IN ARRAY classes LOOP
    IF class > highest THEN
      counts := counts || array_fill(0, ARRAY[class - highest]);
      highest := class;
    END IF;
    counts[class] := counts[class] + 1;
  END LOOP;
  RETURN counts;
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.llm_logs_roll_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ${schema}.llm_log_hourly AS known
    (hour, company_id, provider, model, action, environment, calls, errors,
     tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
     cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram)
  SELECT hour, company_id, provider, model, action, environment, calls, errors,
    tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
    cost_usd, calls_cost_unknown, latency_ms_sum,
    CASE cardinality(classes) WHEN 0 THEN '{}'
      WHEN 1 THEN array_fill(0, ARRAY[classes[1] - 1]) || 1
      ELSE ${schema}.llm_log_histogram_of(classes) END
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
    GROUP BY 1, 2, 3, 4, 5, 6) AS sums
  -- One order for all writers, or they would deadlock.
  ORDER BY 1, 2, 3, 4, 5, 6
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
    -- The histogram of one call ends with its class.
    latency_histogram = CASE
      WHEN excluded.calls = 1 AND cardinality(excluded.latency_histogram)
        BETWEEN 1 AND cardinality(known.latency_histogram)
      THEN known.latency_histogram[:cardinality(excluded.latency_histogram) - 1]
        || least(known.latency_histogram[cardinality(excluded.latency_histogram)]::bigint + 1,
          2147483647)::integer
        || known.latency_histogram[cardinality(excluded.latency_histogram) + 1:]
      ELSE ${schema}.llm_log_histogram_sum(known.latency_histogram, excluded.latency_histogram)
      END;
  RETURN NULL;
END
$$;
