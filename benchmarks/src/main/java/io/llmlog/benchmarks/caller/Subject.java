package io.llmlog.benchmarks.caller;

/** One way to log a call. {@code makeAndLog} is called by several threads at once. */
interface Subject extends AutoCloseable {
  /** Takes all and does nothing: what the measuring costs by itself. */
  Subject NONE =
      new Subject() {
        @Override
        public boolean makeAndLog() {
          return true;
        }

        @Override
        public long finish() {
          return 0;
        }

        @Override
        public void close() {}
      };

  /**
   * Makes the record of a call and logs it.
   *
   * @return whether it was taken; true too where the way does not say
   */
  boolean makeAndLog();

  /**
   * Waits until what was taken has arrived, as long as it may still come; nothing is logged
   * afterwards.
   *
   * @return how many events arrived at the far end
   */
  long finish();

  /** What is neither delivered nor lost after {@link #finish()}: it waits for its servers. */
  default long kept() {
    return 0;
  }

  @Override
  void close();
}
