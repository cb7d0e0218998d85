package io.llmlog.benchmarks.caller;

import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;

/**
 * Chronicle Queue, for each event the text that Jackson makes of it, and an appender for each
 * thread. The pretoucher that its documentation recommends is in the edition that costs money.
 */
final class ChronicleSubject implements Subject {
  private static final String DIRECTORY = "chronicle";

  private final ChronicleQueue queue;

  // One queue and so one of these in a JVM; an appender belongs to a queue and a thread.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<ExcerptAppender> appenders;

  ChronicleSubject(FarEnd farEnd) {
    setUp();
    this.queue = ChronicleQueue.singleBuilder(farEnd.file(DIRECTORY)).build();
    this.appenders = ThreadLocal.withInitial(queue::createAppender);
  }

  /** Read when its first class is loaded: it sends no word of itself to its makers. */
  private static void setUp() {
    System.setProperty("chronicle.analytics.disable", "true");
    System.setProperty("chronicle.announcer.disable", "true");
    System.setProperty("chronicle.disk.monitor.disable", "true");
  }

  @Override
  public boolean makeAndLog() {
    appenders.get().writeText(CallColumns.json());
    return true;
  }

  @Override
  public long finish() {
    return count(queue);
  }

  /** What another process finds in the queue. */
  static long afterKill(FarEnd farEnd) {
    setUp();
    try (ChronicleQueue left = ChronicleQueue.singleBuilder(farEnd.file(DIRECTORY)).build()) {
      return count(left);
    }
  }

  private static long count(ChronicleQueue queue) {
    try (ExcerptTailer tailer = queue.createTailer()) {
      long events = 0;
      while (tailer.readText() != null) {
        events++;
      }
      return events;
    }
  }

  @Override
  public void close() {
    queue.close();
  }
}
