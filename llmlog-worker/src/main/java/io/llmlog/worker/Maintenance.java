package io.llmlog.worker;

/** What a store needs done now and then, such as partitions ahead and an end of what is old. */
@FunctionalInterface
public interface Maintenance {
  /**
   * Called by one thread at a time, at start and each hour. Whatever it throws is logged and tried
   * again.
   *
   * @return what the tables look like now
   */
  MaintenanceStatus run() throws Exception;
}
