package io.llmlog.worker;

/** What a store needs done now and then so that writing goes on, such as partitions ahead. */
@FunctionalInterface
public interface Maintenance {
  /**
   * Called by one thread at a time, at start and each hour. Whatever it throws is logged and tried
   * again.
   */
  void run() throws Exception;
}
