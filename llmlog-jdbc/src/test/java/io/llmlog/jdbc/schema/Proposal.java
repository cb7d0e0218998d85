package io.llmlog.jdbc.schema;

/** The table of the proposal, to the letter, and rows for it. */
final class Proposal {
  static final String DDL =
      """
      CREATE TABLE llm_logs (
          id BIGSERIAL PRIMARY KEY,
          created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
          action VARCHAR(100) NOT NULL,
          message TEXT,
          user_id INTEGER,
          company_id INTEGER,
          interview_id INTEGER,
          model VARCHAR(50),
          tokens_used INTEGER,
          tokens_input INTEGER,
          tokens_output INTEGER,
          cost_usd DECIMAL(10, 6),
          latency_ms INTEGER,
          streaming BOOLEAN DEFAULT FALSE,
          error_type VARCHAR(100),
          error_message TEXT,
          metadata JSONB,
          deployment_version VARCHAR(50),
          deployment_environment VARCHAR(50)
      );

      -- Indexes for common queries
      CREATE INDEX idx_llm_logs_company_id ON llm_logs(company_id);
      CREATE INDEX idx_llm_logs_created_at ON llm_logs(created_at);
      CREATE INDEX idx_llm_logs_action ON llm_logs(action);
      CREATE INDEX idx_llm_logs_model ON llm_logs(model);
      CREATE INDEX idx_llm_logs_company_created ON llm_logs(company_id, created_at);
      """;

  static final String COLUMNS = ProposalTable.columns();

  private Proposal() {}

  /**
   * Rows of the 14 months before 23 November 2026, each a little different, one in seven of them an
   * error; of every thousand, one without a time.
   */
  static String rows(int count) {
    return """
    INSERT INTO llm_logs (created_at, action, message, user_id, company_id, interview_id, model,
      tokens_used, tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type,
      error_message, metadata, deployment_version, deployment_environment)
    SELECT CASE WHEN i %% 1000 = 999 THEN NULL ELSE
        timestamptz '2026-11-23T12:00:00Z' - i * interval '420 days' / %1$d END,
      'action-' || i %% 20, 'message ' || i, i %% 300, i %% 50, nullif(i %% 10, 0),
      'model-' || i %% 8, i %% 900 + i %% 90, i %% 900, i %% 90, nullif(i %% 1000, 0) / 1000000.0,
      i %% 30000, i %% 2 = 0, CASE WHEN i %% 7 = 0 THEN 'timeout' END,
      CASE WHEN i %% 14 = 0 THEN 'no answer' END,
      CASE WHEN i %% 3 = 0 THEN jsonb_build_object('request', i) END, 'v' || i %% 5, 'production'
    FROM generate_series(1, %1$d) i;
    """
        .formatted(count);
  }
}
