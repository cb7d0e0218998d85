package io.llmlog.redis;

import io.llmlog.spi.QueueException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What about the server endangers messages that it has taken; docs/REDIS.md has the list. */
final class RedisWarnings {
  private RedisWarnings() {}

  static List<String> of(RedisConnection redis, RedisKeys keys)
      throws QueueException, InterruptedException {
    List<@Nullable String> found = new ArrayList<>();
    found.add(otherType(keys, redis.type(keys.queue())));
    found.add(eviction(redis.info("memory")));
    if ("0".equals(redis.info("persistence").get("aof_enabled"))) {
      found.add(memoryAlone(redis.setting("save")));
    }
    List<String> warnings = new ArrayList<>();
    for (String warning : found) {
      if (warning != null) {
        warnings.add(redis.prefix() + warning);
      }
    }
    return warnings;
  }

  private static @Nullable String otherType(RedisKeys keys, @Nullable String type) {
    if (type == null || type.equals("list") || type.equals("none")) {
      return null;
    }
    return "the key %s holds a %s and no list, so that every message is refused; "
            .formatted(keys, type)
        + "name another queue by LLMLOG_QUEUE, or remove the key";
  }

  private static @Nullable String eviction(Map<String, String> memory) {
    String policy = memory.get("maxmemory_policy");
    if (policy == null || policy.equals("noeviction")) {
      return null;
    }
    String when =
        "0".equals(memory.get("maxmemory"))
            ? "once a maxmemory is set and reached"
            : "when maxmemory is reached";
    String what =
        policy.startsWith("volatile-")
            ? "keys with an expiry are deleted: the queue has none, and is lost if it is ever given one"
            : "the queue itself is deleted, with all messages that wait in it";
    return "maxmemory-policy is %s: %s, %s; set maxmemory-policy noeviction"
        .formatted(policy, when, what);
  }

  private static @Nullable String memoryAlone(@Nullable String save) {
    return save == null || !save.isEmpty()
        ? null
        : "nothing is kept on disk (appendonly no, save \"\"): messages that wait in the queue are"
            + " lost when the server stops; set appendonly yes";
  }
}
