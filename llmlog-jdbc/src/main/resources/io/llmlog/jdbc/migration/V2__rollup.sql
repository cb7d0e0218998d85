-- Usage per hour, so that a question about months reads thousands of rows and not millions.
-- docs/DATABASE.md explains the columns, docs/RATIONALE.md why it is made so.

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

-- The step of the aggregate below. A count that does not fit stays at the greatest that does: a
-- call that the table took must never fail here.
CREATE FUNCTION ${schema}.llm_log_latency_counted(counts INTEGER[], latency_ms BIGINT)
RETURNS INTEGER[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  class integer := greatest(width_bucket(latency_ms, ${schema}.llm_log_latency_bounds()), 1);
  missing integer := class - cardinality(counts);
BEGIN
  IF missing > 0 THEN
    counts := counts || array_fill(0, ARRAY[missing]);
  END IF;
  counts[class] := least(counts[class]::bigint + 1, 2147483647);
  RETURN counts;
END
$$;

-- The histogram of some latencies, as long as its highest class; NULLs are not counted.
CREATE AGGREGATE ${schema}.llm_log_latency_histogram(BIGINT) (
  SFUNC = ${schema}.llm_log_latency_counted, STYPE = INTEGER[], INITCOND = '{}'
);

-- The sum of two histograms, class by class. It takes time by the classes that b has counts in, and
-- the histogram of one statement's calls in one group has few.
CREATE FUNCTION ${schema}.llm_log_histogram_sum(a INTEGER[], b INTEGER[]) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  missing integer := cardinality(b) - cardinality(a);
  class integer := 0;
  n integer;
BEGIN
  IF missing > 0 THEN
    a := a || array_fill(0, ARRAY[missing]);
  END IF;
  FOREACH n IN ARRAY array_remove(b, 0) LOOP
    class := array_position(b, n, class + 1);
    a[class] := least(a[class]::bigint + n, 2147483647);
  END LOOP;
  RETURN a;
END
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

-- A text as it stands in the index below, or, of more than 400 bytes, its hash behind as many dots,
-- which no text of up to 400 bytes is. Names only what is built in, so that a dump can be restored.
CREATE FUNCTION ${schema}.llm_log_key_text(value VARCHAR) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(value) <= 400 THEN value
    ELSE repeat('.', 400)
      || encode(sha256(decode(replace(value, E'\\', E'\\\\'), 'escape')), 'hex') END COLLATE "C"
$$;

-- The key. All its texts of full width, four bytes to a character, would not fit into an index entry
-- (2,704 bytes): a long environment stands in it by its hash.
CREATE UNIQUE INDEX llm_log_hourly_key ON ${schema}.llm_log_hourly
  (hour, company_id, action, model, provider, ${schema}.llm_log_key_text(environment));

-- "What did this company cost", as the readers' view asks it.
CREATE INDEX llm_log_hourly_company_id_hour_idx ON ${schema}.llm_log_hourly
  (nullif(company_id, -1), hour);

-- The rollup of the rows that there are from one moment to before another: what the table should
-- hold, if both are whole hours.
CREATE FUNCTION ${schema}.llm_log_hourly_of_rows(since TIMESTAMPTZ, until TIMESTAMPTZ)
RETURNS SETOF ${schema}.llm_log_hourly LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1) AS company_id,
    coalesce(provider, '') COLLATE "C" AS provider, coalesce(model, '') COLLATE "C" AS model,
    action COLLATE "C" AS action, coalesce(deployment_environment, '') COLLATE "C" AS environment,
    count(*), count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
    coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
    coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
    coalesce(sum(tokens_reasoning), 0),
    sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN'),
    count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN'),
    coalesce(sum(latency_ms), 0),
    ${schema}.llm_log_latency_histogram(latency_ms)
  FROM ${schema}.llm_logs WHERE created_at >= since AND created_at < until
  GROUP BY 1, 2, 3, 4, 5, 6
$$;

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
  SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1) AS company_id,
    coalesce(provider, '') COLLATE "C" AS provider, coalesce(model, '') COLLATE "C" AS model,
    action COLLATE "C" AS action, coalesce(deployment_environment, '') COLLATE "C" AS environment,
    count(*), count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
    coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
    coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
    coalesce(sum(tokens_reasoning), 0),
    sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN'),
    count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN'),
    coalesce(sum(latency_ms), 0),
    ${schema}.llm_log_latency_histogram(latency_ms)
  FROM inserted
  GROUP BY 1, 2, 3, 4, 5, 6
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
    -- Of one call the sum is its latency, which is faster to count; most groups have but one.
    latency_histogram = CASE WHEN excluded.calls = 1 AND excluded.latency_histogram <> '{}'
      THEN ${schema}.llm_log_latency_counted(
        known.latency_histogram, excluded.latency_ms_sum::bigint)
      ELSE ${schema}.llm_log_histogram_sum(known.latency_histogram, excluded.latency_histogram)
      END;
  RETURN NULL;
END
$$;

-- From here on no row comes in uncounted, and until this migration ends none comes in at all.
CREATE TRIGGER llm_logs_roll_up AFTER INSERT ON ${schema}.llm_logs
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.llm_logs_roll_up();

-- What was there before, whatever its time: also what a plain INSERT has put at infinity.
INSERT INTO ${schema}.llm_log_hourly
SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1) AS company_id,
  coalesce(provider, '') COLLATE "C" AS provider, coalesce(model, '') COLLATE "C" AS model,
  action COLLATE "C" AS action, coalesce(deployment_environment, '') COLLATE "C" AS environment,
  count(*), count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
  coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
  coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
  coalesce(sum(tokens_reasoning), 0),
  sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN'),
  count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN'),
  coalesce(sum(latency_ms), 0),
  ${schema}.llm_log_latency_histogram(latency_ms)
FROM ${schema}.llm_logs
GROUP BY 1, 2, 3, 4, 5, 6;
