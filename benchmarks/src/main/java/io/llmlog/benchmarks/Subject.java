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
      case "llmlog-discard" -> LlmlogSubject.discarding(null);
      case "llmlog-redis" -> LlmlogSubject.onRedis(null);
      case "llmlog-spool-discard" -> LlmlogSubject.discarding(SpoolPlace.create());
      case "llmlog-spool-redis" -> LlmlogSubject.onRedis(SpoolPlace.create());
      default ->
          throw new IllegalArgumentException(
              name + ": must be llmlog-discard, llmlog-redis or llmlog-spool- with one of these");
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
