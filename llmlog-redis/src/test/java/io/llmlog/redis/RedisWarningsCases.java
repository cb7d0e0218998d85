package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import io.llmlog.testkit.RedisServer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a worker says of a server that may lose messages. */
abstract class RedisWarningsCases extends RedisTestCase {
  @Override
  RedisConnection.Timeouts timeouts() {
    return PATIENT;
  }

  @Test
  void ofASafeServer_thereAreNone() throws Exception {
    RedisServer redis = start(server().appendOnly());
    assertEquals(List.of(), inspector(redis.url()).warnings());
    sender(redis.url()).send(messages(0, 3));
    assertEquals(List.of(), inspector(redis.url()).warnings());
  }

  @Test
  void snapshots_countAsKeptOnDisk() throws Exception {
    RedisServer redis = start(server());
    raw(redis.url()).configSet("save", "3600 1");
    assertEquals(List.of(), inspector(redis.url()).warnings());
  }

  @Test
  void aServerThatKeepsNothingOnDisk_isWarnedOf() throws Exception {
    RedisServer redis = start(server());
    String said = only(inspector(redis.url()).warnings());
    assertTrue(said.startsWith("Redis at 127.0.0.1:" + redis.port() + ": "), said);
    assertTrue(said.contains("nothing is kept on disk"), said);
    assertTrue(said.contains("set appendonly yes"), said);
  }

  @Test
  void everyPolicyThatEvicts_isWarnedOf() throws Exception {
    RedisServer redis = start(server().appendOnly().setting("maxmemory-policy", "allkeys-lru"));
    String early = only(inspector(redis.url()).warnings());
    assertTrue(early.contains("maxmemory-policy is allkeys-lru: once a maxmemory is set"), early);
    RedisCommands<String, String> raw = raw(redis.url());
    raw.configSet("maxmemory", "100mb");
    String said = only(inspector(redis.url()).warnings());
    assertTrue(said.contains("when maxmemory is reached, the queue itself is deleted"), said);
    assertTrue(said.contains("set maxmemory-policy noeviction"), said);
    raw.configSet("maxmemory-policy", "volatile-ttl");
    assertTrue(only(inspector(redis.url()).warnings()).contains("keys with an expiry"));
    raw.configSet("maxmemory-policy", "noeviction");
    assertEquals(List.of(), inspector(redis.url()).warnings());
  }

  @Test
  void aQueueThatIsNoList_isNamed() throws Exception {
    RedisServer redis = start(server().appendOnly());
    raw(redis.url()).hset(QUEUE, "field", "value");
    String said = only(inspector(redis.url()).warnings());
    assertTrue(said.contains("the key llm_logs holds a hash"), said);
    assertTrue(said.contains("LLMLOG_QUEUE"), said);
  }

  @Test
  void ofAServerThatHidesItsSettings_nothingIsClaimed() throws Exception {
    RedisServer managed =
        start(
            server()
                .setting("rename-command", "CONFIG", "")
                .setting("maxmemory-policy", "allkeys-lru"));
    assertTrue(only(inspector(managed.url()).warnings()).contains("allkeys-lru"));

    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    raw.set(QUEUE, "text");
    raw.aclSetuser(
        "worker",
        AclSetuserArgs.Builder.on()
            .addPassword("pw")
            .allKeys()
            .allCommands()
            .removeCommand(CommandType.INFO)
            .removeCommand(CommandType.CONFIG)
            .removeCommand(CommandType.TYPE));
    String url = "redis://worker:pw@127.0.0.1:" + redis.port();
    assertEquals(List.of(), inspector(url).warnings());
    assertEquals(List.of(), inspector(url.replace("pw", "hunter2")).warnings());
  }

  @Test
  void ofAServerThatIsAway_nothingIsClaimed() throws Exception {
    RedisServer redis = start(server());
    String url = redis.url();
    redis.stop();
    String said = refusal(() -> inspector(url).warnings());
    assertTrue(said.contains("127.0.0.1"), said);
    assertFalse(said.contains("disk"), said);
  }

  private static String only(List<String> warnings) {
    assertEquals(1, warnings.size(), warnings.toString());
    return warnings.get(0);
  }
}
