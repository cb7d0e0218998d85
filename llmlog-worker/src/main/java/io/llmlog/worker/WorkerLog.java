package io.llmlog.worker;

import io.llmlog.retry.ThrottledLog;
import io.llmlog.spi.WriteResult;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;

/**
 * What a worker says about outages: once, whichever of its loops sees them first. Safe for use by
 * several threads.
 */
final class WorkerLog {
  private final Logger log;
  private final ThrottledLog queue;
  private final ThrottledLog store;
  private final ThrottledLog deadLetters;
  private final ThrottledLog fenced;
  private final Set<String> pauses = new HashSet<>();

  WorkerLog(Logger log) {
    this.log = log;
    this.queue = new ThrottledLog(log);
    this.store = new ThrottledLog(log);
    this.deadLetters = new ThrottledLog(log);
    this.fenced = new ThrottledLog(log);
  }

  void queueFailed(String why) {
    queue.failed("The queue does not answer; trying again until it does: " + why);
  }

  void queueAnswered() {
    queue.succeeded("The queue answers again");
  }

  void storeFailed(String why) {
    store.failed("The store does not take messages, which are kept and tried again: " + why);
  }

  /**
   * Said once for each cause until the store takes messages again.
   *
   * @param remedy what else a person may do, or empty
   */
  void storePaused(String why, String remedy) {
    boolean news;
    synchronized (pauses) {
      news = pauses.add(why);
    }
    if (news) {
      log.error(
          "Paused until a person mends the cause{}; messages are kept and tried again: {}",
          remedy,
          why);
    }
  }

  void accepted(int messages) {
    log.info("What is refused of {} messages was accepted: it becomes dead letters", messages);
  }

  void storeTook() {
    boolean healed;
    synchronized (pauses) {
      healed = !pauses.isEmpty();
      pauses.clear();
    }
    if (healed) {
      log.info("The store takes messages again, the pause is over");
    }
    store.succeeded("The store takes messages again");
  }

  void dead(WriteResult result) {
    int count = result.deadLetters().size();
    if (count > 0) {
      deadLetters.failed(
          count
              + (count == 1 ? " message became a dead letter: " : " messages became dead letters: ")
              + result.deadLetters().get(0).reason());
    }
  }

  void fenced(int messages) {
    fenced.failed(
        "The lease of "
            + messages
            + " messages ended before they were acknowledged; another worker has them");
  }
}
