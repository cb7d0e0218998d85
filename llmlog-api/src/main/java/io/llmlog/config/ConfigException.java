package io.llmlog.config;

import java.util.List;

/** The configuration is wrong: every error at once, each with name, value and what is allowed. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final List<String> problems;

  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence per error: {@code LLMLOG_WORKER_BATCH=0: must be 1 to 5000}. */
  public List<String> problems() {
    return problems;
  }
}
