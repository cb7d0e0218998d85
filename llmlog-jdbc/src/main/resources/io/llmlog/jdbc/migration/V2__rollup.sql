-- Usage per hour, so that a question about months reads thousands of rows and not millions.
-- docs/DATABASE.md explains the columns.

-- The lower bounds of the classes of latency_histogram, in milliseconds: four to a doubling, from
-- 1 ms to 70 minutes, where that makes whole numbers that differ. Class n counts what is at least
-- the n-th bound and below the next; the first also what is below 1, the last all above.
CREATE FUNCTION ${schema}.llm_log_latency_bounds() RETURNS BIGINT[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ARRAY[
    1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27, 32, 38, 45, 54, 64, 76, 91, 108, 128, 152,
    181, 215, 256, 304, 362, 431, 512, 609, 724, 861, 1024, 1218, 1448, 1722, 2048, 2435, 2896,
    3444, 4096, 4871, 5793, 6889, 8192, 9742, 11585, 13777, 16384, 19484, 23170, 27554, 32768,
    38968, 46341, 55109, 65536, 77936, 92682, 110218, 131072, 155872, 185364, 220436, 262144,
    311744, 370728, 440872, 524288, 623487, 741455, 881744, 1048576, 1246974, 1482910, 1763488,
    2097152, 2493948, 2965821, 3526975, 4194304
  ]::bigint[]
$$;

-- The histogram of some latencies, as long as its highest class; NULLs are not counted.
CREATE FUNCTION ${schema}.llm_log_latency_histogram(latencies BIGINT[]) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  bounds CONSTANT bigint[] := ${schema}.llm_log_latency_bounds();
  counts integer[] := '{}';
  latency bigint;
  class integer;
BEGIN
  FOREACH latency IN ARRAY latencies LOOP
    CONTINUE WHEN latency IS NULL;
    class := greatest(width_bucket(latency, bounds), 1);
    FOR missing IN coalesce(array_length(counts, 1), 0) + 1 .. class LOOP
      counts[missing] := 0;
    END LOOP;
    counts[class] := counts[class] + 1;
  END LOOP;
  RETURN counts;
END
$$;

-- The sum of two histograms, class by class.
CREATE FUNCTION ${schema}.llm_log_histogram_sum(a INTEGER[], b INTEGER[]) RETURNS INTEGER[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY class), '{}')
  FROM unnest(a, b) WITH ORDINALITY AS classes (x, y, class)
$$;

-- Sums are NUMERIC without a limit: a row that the table took must never fail here.
CREATE TABLE ${schema}.llm_log_hourly (
  hour               TIMESTAMPTZ NOT NULL,
  company_id         BIGINT NOT NULL DEFAULT -1,
  provider           VARCHAR(200) COLLATE "C" NOT NULL DEFAULT '',
  model              VARCHAR(200) COLLATE "C" NOT NULL DEFAULT '',
  action             VARCHAR(100) COLLATE "C" NOT NULL DEFAULT '',
  environment        VARCHAR(200) COLLATE "C" NOT NULL DEFAULT '',
  calls              BIGINT NOT NULL,
  errors             BIGINT NOT NULL,
  tokens_input       NUMERIC NOT NULL,
  tokens_output      NUMERIC NOT NULL,
  tokens_cache_read  NUMERIC NOT NULL,
  tokens_cache_write NUMERIC NOT NULL,
  tokens_reasoning   NUMERIC NOT NULL,
  -- Of the calls whose cost is known; NULL where none is.
  cost_usd           NUMERIC,
  calls_cost_unknown BIGINT NOT NULL,
  latency_ms_sum     NUMERIC NOT NULL,
  latency_histogram  INTEGER[] NOT NULL
) WITH (fillfactor = 70);

-- The key. Texts of full width do not fit into an index entry together (2,704 bytes), so that of
-- the environment stands in it by its beginning and its hash.
CREATE UNIQUE INDEX llm_log_hourly_key ON ${schema}.llm_log_hourly
  (hour, company_id, provider, model, action, left(environment, 100), hashtextextended(environment, 0));

-- "What did this company cost", as the readers' view asks it.
CREATE INDEX llm_log_hourly_company_id_hour_idx ON ${schema}.llm_log_hourly
  (nullif(company_id, -1), hour);

-- Adds each statement's new rows, in one order for all writers, or they would deadlock. Rows that
-- ON CONFLICT left out are not among them, so a redelivery changes nothing. Runs with the rights
-- of the tables' owner: who may only insert calls must not need rights on the rollup.
CREATE FUNCTION ${schema}.llm_logs_roll_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ${schema}.llm_log_hourly AS known
    (hour, company_id, provider, model, action, environment, calls, errors,
     tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
     cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram)
  SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1),
    coalesce(provider, '') COLLATE "C", coalesce(model, '') COLLATE "C", action COLLATE "C",
    coalesce(deployment_environment, '') COLLATE "C",
    count(*), count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
    coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
    coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
    coalesce(sum(tokens_reasoning), 0),
    sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN'),
    count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN'),
    coalesce(sum(latency_ms), 0),
    ${schema}.llm_log_latency_histogram(array_agg(latency_ms))
  FROM inserted
  GROUP BY 1, 2, 3, 4, 5, 6
  ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (hour, company_id, provider, model, action, left(environment, 100),
    hashtextextended(environment, 0))
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
    latency_histogram =
      ${schema}.llm_log_histogram_sum(known.latency_histogram, excluded.latency_histogram);
  RETURN NULL;
END
$$;

-- From here on no row comes in uncounted, and until this migration ends none comes in at all.
CREATE TRIGGER llm_logs_roll_up AFTER INSERT ON ${schema}.llm_logs
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.llm_logs_roll_up();

-- What was there before.
INSERT INTO ${schema}.llm_log_hourly
  (hour, company_id, provider, model, action, environment, calls, errors,
   tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
   cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram)
SELECT date_trunc('hour', created_at, 'UTC'), coalesce(company_id, -1),
  coalesce(provider, '') COLLATE "C", coalesce(model, '') COLLATE "C", action COLLATE "C",
  coalesce(deployment_environment, '') COLLATE "C",
  count(*), count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
  coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
  coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
  coalesce(sum(tokens_reasoning), 0),
  sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN'),
  count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN'),
  coalesce(sum(latency_ms), 0),
  ${schema}.llm_log_latency_histogram(array_agg(latency_ms))
FROM ${schema}.llm_logs
GROUP BY 1, 2, 3, 4, 5, 6;
