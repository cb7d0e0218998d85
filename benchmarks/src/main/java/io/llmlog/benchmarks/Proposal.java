package io.llmlog.benchmarks;

/** The table that llmlog's replaces, as it was proposed, with its indexes. */
public final class Proposal {
  public static final String TABLE = "proposal.llm_logs";

  public static final String DDL =
      """
      CREATE SCHEMA proposal;
      CREATE TABLE proposal.llm_logs (
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
      CREATE INDEX idx_llm_logs_company_id ON proposal.llm_logs (company_id);
      CREATE INDEX idx_llm_logs_created_at ON proposal.llm_logs (created_at);
      CREATE INDEX idx_llm_logs_action ON proposal.llm_logs (action);
      CREATE INDEX idx_llm_logs_model ON proposal.llm_logs (model);
      CREATE INDEX idx_llm_logs_company_created ON proposal.llm_logs (company_id, created_at);
      """;

  private Proposal() {}
}
