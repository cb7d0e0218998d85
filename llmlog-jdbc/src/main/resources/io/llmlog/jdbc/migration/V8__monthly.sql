-- Usage per month, and usage per day of all companies together, added up from the days as the days
-- are from the hours: what a year costs is a sum of some thousands of rows then, and a chart of its
-- days is too. docs/DATABASE.md explains how they all agree.

-- The months that stand in llm_log_monthly; whole: with all that is in llm_log_hourly, and so are
-- all their days that have calls.
CREATE TABLE ${schema}.llm_log_months (
  month TIMESTAMPTZ PRIMARY KEY,
  whole BOOLEAN NOT NULL
);

-- As llm_log_hourly, but for the first column.
CREATE TABLE ${schema}.llm_log_monthly (LIKE ${schema}.llm_log_hourly);
ALTER TABLE ${schema}.llm_log_monthly RENAME COLUMN hour TO month;
CREATE INDEX llm_log_monthly_month_idx ON ${schema}.llm_log_monthly (month);
CREATE INDEX llm_log_monthly_company_id_month_idx ON ${schema}.llm_log_monthly
  (nullif(company_id, -1), month);

-- As llm_log_daily, without the company. The days that stand in it, too, say so in llm_log_days.
CREATE TABLE ${schema}.llm_log_overall (
  day                TIMESTAMPTZ NOT NULL,
  provider           VARCHAR(200) COLLATE "C" NOT NULL,
  model              VARCHAR(200) COLLATE "C" NOT NULL,
  action             VARCHAR(100) COLLATE "C" NOT NULL,
  environment        VARCHAR(200) COLLATE "C" NOT NULL,
  calls              BIGINT NOT NULL,
  errors             BIGINT NOT NULL,
  tokens_input       NUMERIC NOT NULL,
  tokens_output      NUMERIC NOT NULL,
  tokens_cache_read  NUMERIC NOT NULL,
  tokens_cache_write NUMERIC NOT NULL,
  tokens_reasoning   NUMERIC NOT NULL,
  cost_usd           NUMERIC,
  calls_cost_unknown BIGINT NOT NULL,
  latency_ms_sum     NUMERIC NOT NULL,
  latency_histogram  INTEGER[] NOT NULL
);
CREATE INDEX llm_log_overall_day_idx ON ${schema}.llm_log_overall (day);
ALTER TABLE ${schema}.llm_log_days ADD COLUMN overall BOOLEAN NOT NULL DEFAULT false;

-- As before, and marks the other sums too: a late row may be of a day that stands nowhere yet, and
-- its month may be whole. Days before months, each in order, or two statements would deadlock.
CREATE OR REPLACE FUNCTION ${schema}.llm_logs_mark_late() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM inserted WHERE created_at < now() - interval '30 hours') THEN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('llmlog days ' || tg_table_schema, 0));
    UPDATE ${schema}.llm_log_days SET whole = false, overall = false
    WHERE day IN (
      SELECT day FROM ${schema}.llm_log_days
      WHERE whole AND day IN (SELECT date_trunc('day', created_at, 'UTC') FROM inserted
        WHERE created_at < now() - interval '30 hours')
      ORDER BY day FOR UPDATE);
    UPDATE ${schema}.llm_log_months SET whole = false
    WHERE month IN (
      SELECT month FROM ${schema}.llm_log_months
      -- The month of the first moment that there is begins before it: that would be an error.
      WHERE whole AND month IN (
        SELECT date_trunc('month', greatest(created_at, '4713-01-01 00:00:00+00 BC'), 'UTC')
        FROM inserted WHERE created_at < now() - interval '30 hours')
      ORDER BY month FOR UPDATE);
  END IF;
  RETURN NULL;
END
$$;

-- For readers: the days and months that are whole, and their usage.
CREATE OR REPLACE VIEW ${schema}.llm_log_usage_days AS
SELECT day, overall FROM ${schema}.llm_log_days WHERE whole;

CREATE VIEW ${schema}.llm_log_usage_overall AS
SELECT sums.day, nullif(provider, '') AS provider, nullif(model, '') AS model,
  nullif(action, '') AS action, nullif(environment, '') AS environment, calls, errors,
  tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd,
  calls_cost_unknown, latency_ms_sum, latency_histogram
FROM ${schema}.llm_log_overall AS sums JOIN ${schema}.llm_log_days AS days
  ON days.day = sums.day AND days.whole AND days.overall;

CREATE VIEW ${schema}.llm_log_usage_months AS
SELECT month FROM ${schema}.llm_log_months WHERE whole;

CREATE VIEW ${schema}.llm_log_usage_monthly AS
SELECT sums.month, nullif(company_id, -1) AS company_id, nullif(provider, '') AS provider,
  nullif(model, '') AS model, nullif(action, '') AS action,
  nullif(environment, '') AS environment, calls, errors, tokens_input, tokens_output,
  tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd, calls_cost_unknown,
  latency_ms_sum, latency_histogram
FROM ${schema}.llm_log_monthly AS sums JOIN ${schema}.llm_log_months AS months
  ON months.month = sums.month AND months.whole;

-- Who may read usage by the hour, may read its sums: else an upgrade would end what readers ask.
DO $$
DECLARE
  reader text;
BEGIN
  FOR reader IN
    SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(role.rolname) END
    FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS acl
    LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
    WHERE c.oid = '${schema}.llm_log_usage'::regclass AND acl.privilege_type = 'SELECT'
      AND acl.grantee <> c.relowner
  LOOP
    EXECUTE format('GRANT SELECT ON ${schema}.llm_log_usage_days, ${schema}.llm_log_usage_daily,'
      ' ${schema}.llm_log_usage_overall, ${schema}.llm_log_usage_months,'
      ' ${schema}.llm_log_usage_monthly TO %s', reader);
  END LOOP;
END
$$;
