-- A hypertable in the place of the partitioned table, which is empty: the same columns, key and
-- indexes. A week's chunk, with its indexes, stays in memory while it is written.
CREATE TABLE ${schema}.llm_logs_hypertable (LIKE ${schema}.llm_logs INCLUDING ALL);
DROP TABLE ${schema}.llm_logs;
ALTER TABLE ${schema}.llm_logs_hypertable RENAME TO llm_logs;
ALTER TABLE ${schema}.llm_logs RENAME CONSTRAINT llm_logs_hypertable_pkey TO llm_logs_pkey;
ALTER INDEX ${schema}.llm_logs_hypertable_company_id_created_at_idx
  RENAME TO llm_logs_company_id_created_at_idx;
ALTER INDEX ${schema}.llm_logs_hypertable_action_created_at_idx
  RENAME TO llm_logs_action_created_at_idx;
ALTER INDEX ${schema}.llm_logs_hypertable_model_created_at_idx
  RENAME TO llm_logs_model_created_at_idx;
ALTER SEQUENCE ${schema}.llm_logs_hypertable_id_seq RENAME TO llm_logs_id_seq;
SELECT ${timescaledb}.create_hypertable('${schema}.llm_logs'::regclass,
  ${timescaledb}.by_range('created_at', INTERVAL '7 days'), create_default_indexes => false);
