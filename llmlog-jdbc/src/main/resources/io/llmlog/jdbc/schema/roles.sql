-- Three roles with the rights that each needs and no others, for the tables in schema ${schema}.
-- Run by an administrator of the database, after `llmlog schema apply`; again after each later one
-- that another role than llmlog_maintenance ran. Running it twice changes nothing.
--
--   llmlog_writer       a worker and a service's fallback: ANALYTICS_DATABASE_URL
--   llmlog_reader       dashboards and cost queries: ANALYTICS_READ_DATABASE_URL
--   llmlog_maintenance  owns the tables: LLMLOG_MAINTENANCE_DATABASE_URL
--
-- They have no password yet, so nobody can log in: ALTER ROLE llmlog_writer PASSWORD '...';

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['llmlog_writer', 'llmlog_reader', 'llmlog_maintenance'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', role);
    END IF;
    EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO %I',
      pg_catalog.current_database(), role);
  END LOOP;
  -- The writer's rows go through a temporary table; applying a schema asks for one too.
  EXECUTE pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO llmlog_writer, llmlog_maintenance',
    pg_catalog.current_database());
END
$$;

GRANT USAGE ON SCHEMA ${schema} TO llmlog_writer, llmlog_reader;
GRANT USAGE, CREATE ON SCHEMA ${schema} TO llmlog_maintenance;

-- Partitions are made and dropped by the owner of the table, so maintenance owns all there is.
DO $$
DECLARE
  object record;
BEGIN
  FOR object IN
    SELECT c.oid::pg_catalog.regclass AS name, c.relkind = 'v' AS is_view
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = '${schema}'::pg_catalog.regnamespace
      AND c.relowner <> 'llmlog_maintenance'::pg_catalog.regrole
      AND (c.relname IN ('llm_logs', 'llm_log_contents', 'llm_log_hourly', 'llm_log_hourly_sums',
          'llm_log_hourly_additions', 'llm_log_hourly_added', 'llm_log_dead_letters',
          'llm_log_daily', 'llm_log_days', 'llm_log_overall', 'llm_log_monthly', 'llm_log_months',
          'llmlog_schema_history', 'llm_log_calls', 'llm_log_usage', 'llm_log_usage_daily',
          'llm_log_usage_days', 'llm_log_usage_overall', 'llm_log_usage_monthly',
          'llm_log_usage_months', 'llm_log_failures', 'llm_log_texts')
        OR c.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
          WHERE p.relnamespace = c.relnamespace AND p.relname IN ('llm_logs', 'llm_log_contents')))
  LOOP
    EXECUTE pg_catalog.format('ALTER %s %s OWNER TO llmlog_maintenance',
      CASE WHEN object.is_view THEN 'VIEW' ELSE 'TABLE' END, object.name);
  END LOOP;
  FOR object IN
    SELECT p.oid::pg_catalog.regprocedure AS name
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = '${schema}'::pg_catalog.regnamespace
      AND p.proname LIKE 'llm\_log%'
      AND p.proowner <> 'llmlog_maintenance'::pg_catalog.regrole
  LOOP
    EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO llmlog_maintenance', object.name);
  END LOOP;
  FOR object IN
    SELECT t.oid::pg_catalog.regtype AS name
    FROM pg_catalog.pg_type t
    WHERE t.typnamespace = '${schema}'::pg_catalog.regnamespace
      AND t.typname = 'llm_log_hourly_group'
      AND t.typowner <> 'llmlog_maintenance'::pg_catalog.regrole
  LOOP
    EXECUTE pg_catalog.format('ALTER TYPE %s OWNER TO llmlog_maintenance', object.name);
  END LOOP;
END
$$;

-- The writer adds, and reads no more than ON CONFLICT does: it cannot see what was logged.
-- The rollup needs no right: its trigger runs as the owner.
GRANT INSERT, SELECT (created_at, event_id) ON ${schema}.llm_log_contents TO llmlog_writer;
DO $$
BEGIN
  GRANT INSERT, SELECT (created_at, event_id) ON ${schema}.llm_logs TO llmlog_writer;
EXCEPTION WHEN undefined_column THEN
  -- TimescaleDB passes the grant on to the table behind the compressed chunks, where no column has
  -- this name. It knows rights on whole tables only.
  GRANT INSERT, SELECT ON ${schema}.llm_logs TO llmlog_writer;
END
$$;
GRANT INSERT, UPDATE (last_seen, attempts, reason, sqlstate),
  SELECT (id, last_seen, attempts, reason, sqlstate)
  ON ${schema}.llm_log_dead_letters TO llmlog_writer;
GRANT SELECT ON ${schema}.llmlog_schema_history TO llmlog_writer, llmlog_reader;

-- The reader has the views. Prompts and answers are a right of their own, given on purpose:
--   GRANT SELECT ON ${schema}.llm_log_texts TO llmlog_reader;
GRANT SELECT ON ${schema}.llm_log_calls, ${schema}.llm_log_usage, ${schema}.llm_log_usage_daily,
  ${schema}.llm_log_usage_days, ${schema}.llm_log_usage_overall, ${schema}.llm_log_usage_monthly,
  ${schema}.llm_log_usage_months, ${schema}.llm_log_failures TO llmlog_reader;
-- What the views compute with, should PUBLIC have lost it.
GRANT EXECUTE ON ROUTINE ${schema}.llm_log_histogram_of_joined(TEXT),
  ${schema}.llm_log_histogram_total(INTEGER[]),
  ${schema}.llm_log_histogram_sum(INTEGER[], INTEGER[]) TO llmlog_reader;
