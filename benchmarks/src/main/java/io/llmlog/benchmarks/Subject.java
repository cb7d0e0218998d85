package io.llmlog.benchmarks;

/** One way to log a call. Its {@code log} methods are called by several threads at once. */
interface Subject extends AutoCloseable {
  /** Takes nothing: stands in before the start. */
  Subject NONE =
      new Subject() {
        @Override
        public boolean logMade() {
          return false;
        }

        @Override
        public boolean makeAndLog() {
          return false;
        }

        @Override
        public void close() {}
      };

  /** Starts the one of that name. */
  static Subject of(String name) {
    return switch (name) {
      case "llmlog-discard" -> LlmlogSubject.discarding();
      case "llmlog-redis" -> LlmlogSubject.onRedis();
      default ->
          throw new IllegalArgumentException(name + ": must be llmlog-discard or llmlog-redis");
    };
  }

  /**
   * Logs a call that was made before.
   *
   * @return whether it was taken
   */
  boolean logMade();

  /**
   * Makes the record of a call and logs it.
   *
   * @return whether it was taken
   */
  boolean makeAndLog();

  @Override
  void close();
}
