-- By day, as the partitions would be: contents live short.
CREATE TABLE ${schema}.llm_log_contents_hypertable (LIKE ${schema}.llm_log_contents INCLUDING ALL);
DROP TABLE ${schema}.llm_log_contents;
ALTER TABLE ${schema}.llm_log_contents_hypertable RENAME TO llm_log_contents;
ALTER TABLE ${schema}.llm_log_contents
  RENAME CONSTRAINT llm_log_contents_hypertable_pkey TO llm_log_contents_pkey;
SELECT ${timescaledb}.create_hypertable('${schema}.llm_log_contents'::regclass,
  ${timescaledb}.by_range('created_at', INTERVAL '1 day'), create_default_indexes => false);
