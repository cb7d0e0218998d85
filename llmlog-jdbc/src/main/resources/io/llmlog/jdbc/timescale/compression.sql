-- Chunks are compressed when their rows are 30 days old, where the edition can: Apache 2 cannot.
-- Set once: what a person changes later stays. Ordered by the key and segmented by nothing, so
-- that a late row, or a redelivered one, is looked for in one batch and not in one per company.
DO $$
BEGIN
  IF current_setting('timescaledb.license') = 'timescale' AND NOT EXISTS (
    SELECT FROM timescaledb_information.hypertables
    WHERE compression_enabled AND (hypertable_schema, hypertable_name) = (
      SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE c.oid = '${schema}.llm_logs'::regclass))
  THEN
    ALTER TABLE ${schema}.llm_logs SET (timescaledb.enable_columnstore,
      timescaledb.segmentby = '', timescaledb.orderby = 'created_at DESC, event_id');
    CALL ${timescaledb}.add_columnstore_policy('${schema}.llm_logs'::regclass,
      after => INTERVAL '30 days');
  END IF;
END
$$;
