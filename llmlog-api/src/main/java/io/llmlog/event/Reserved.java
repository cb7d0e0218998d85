package io.llmlog.event;

/** The keys of {@code metadata} that belong to llmlog; docs/MESSAGE.md says what they hold. */
final class Reserved {
  /** Values that did not fit their column, by key. */
  static final String INVALID = "invalid";

  /** The full length in code points of texts that were cut, by key. */
  static final String TRUNCATED = "truncated";

  /** What prices need beyond the columns. */
  static final String USAGE = "usage";

  private Reserved() {}
}
