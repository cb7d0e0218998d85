package io.llmlog.spool;

/** When a logger uses its spool. */
public enum SpoolMode {
  /** While queue and store are both away, when memory is full, and at the end of the process. */
  OVERFLOW,
  /** For each event, before it is accepted: a killed process loses nothing. */
  ALWAYS
}
