package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisKeysTest {
  @ParameterizedTest
  @CsvSource({
    "llm_logs, {llm_logs}:leases, {llm_logs}:processing:w",
    "{llm}_logs, {llm}_logs:leases, {llm}_logs:processing:w",
    "a:{b}:c, a:{b}:c:leases, a:{b}:c:processing:w",
  })
  void everyKey_liesInOneSlotWithTheList(String queue, String leases, String processing) {
    RedisKeys keys = RedisKeys.of(queue);
    assertArrayEquals(queue.getBytes(UTF_8), keys.queue());
    assertEquals(leases, new String(keys.leases(), UTF_8));
    assertEquals(processing, new String(keys.processing("w"), UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{a", "a}", "}a{", "{a}{b}", "{{a}}", "{}a{b}", "{a}b}"})
  void otherBraces_areRefused(String queue) {
    String said =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RedisKeys.of(queue)).getMessage());
    assertTrue(said.contains("'" + queue + "'"), said);
  }

  @Test
  void emptyName_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> RedisKeys.of(""));
  }
}
