-- Prompts and answers, apart from the rows: they are large, private, and live shorter.
-- Partitioned by day, made and dropped by maintenance. docs/DATABASE.md explains the columns.
CREATE TABLE ${schema}.llm_log_contents (
  event_id   UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  request    JSONB,
  response   JSONB,
  CONSTRAINT llm_log_contents_pkey PRIMARY KEY (created_at, event_id)
) PARTITION BY RANGE (created_at);

-- Takes the contents of days that have no partition; meant to be empty.
CREATE TABLE ${schema}.llm_log_contents_default PARTITION OF ${schema}.llm_log_contents DEFAULT;
