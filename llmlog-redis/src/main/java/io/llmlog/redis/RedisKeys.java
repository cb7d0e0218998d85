package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The name of every key. All lie in one slot with the list, so that scripts may use them together
 * in a cluster too.
 */
final class RedisKeys {
  private final String queue;
  private final String prefix;

  private RedisKeys(String queue, String prefix) {
    this.queue = queue;
    this.prefix = prefix;
  }

  /**
   * The keys of a queue.
   *
   * @throws IllegalArgumentException if the name is empty or uses braces other than for one hash
   *     tag
   */
  static RedisKeys of(String queue) {
    if (queue.isEmpty()) {
      throw new IllegalArgumentException("queue name is empty: must be the key of a list");
    }
    int open = queue.indexOf('{');
    int close = queue.indexOf('}');
    if (open < 0 && close < 0) {
      return new RedisKeys(queue, "{" + queue + "}:");
    }
    boolean oneTag =
        open >= 0
            && close > open + 1
            && queue.indexOf('{', open + 1) < 0
            && queue.indexOf('}', close + 1) < 0;
    if (!oneTag) {
      throw new IllegalArgumentException(
          "queue name '" + queue + "': braces must enclose one hash tag, as in {llm}_logs");
    }
    return new RedisKeys(queue, queue + ":");
  }

  /** The list that producers push to; nothing else is ever put there. */
  byte[] queue() {
    return queue.getBytes(UTF_8);
  }

  /** The hash of all leases, a field per worker. */
  byte[] leases() {
    return (prefix + "leases").getBytes(UTF_8);
  }

  /** The list of what a worker has claimed. */
  byte[] processing(String worker) {
    return (prefix + "processing:" + worker).getBytes(UTF_8);
  }

  @Override
  public String toString() {
    return queue;
  }
}
