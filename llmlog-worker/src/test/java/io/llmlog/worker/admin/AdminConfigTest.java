package io.llmlog.worker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.Environment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AdminConfigTest {
  private static final String TOKEN = "0123456789abcdef";

  @Test
  void unlessSaid_itIsThisMachineAlone() {
    AdminConfig config = AdminConfig.from(Environment.of(Map.of()));
    assertNotNull(config);
    assertEquals("127.0.0.1", config.host());
    assertEquals(9464, config.port());
    assertNull(config.token());
  }

  @Test
  void off_isNone() {
    assertNull(AdminConfig.from(Environment.of(Map.of("LLMLOG_ADMIN_ADDRESS", "off"))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:1", "127.3.2.1:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1"})
  void aLoopbackAddress_needsNoToken(String address) {
    Environment environment = Environment.of(Map.of("LLMLOG_ADMIN_ADDRESS", address));
    assertNotNull(AdminConfig.from(environment));
    assertEquals(List.of(), environment.problems());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0:9464",
        "[::]:9464",
        "10.0.0.1:1",
        "worker.internal:1",
        "127.0.0.1.example:1",
        "127.0.0.256:1",
        "*:1",
        "[fe80::1]:1",
        "1270.0.0.1:1"
      })
  void anotherAddress_needsAToken(String address) {
    Environment without = Environment.of(Map.of("LLMLOG_ADMIN_ADDRESS", address));
    assertNull(AdminConfig.from(without));
    assertEquals(
        List.of(
            "LLMLOG_ADMIN_ADDRESS="
                + address
                + ": must be a loopback address (127.0.0.0/8, ::1 or localhost) unless"
                + " LLMLOG_ADMIN_TOKEN is set"),
        without.problems());
    Environment with =
        Environment.of(Map.of("LLMLOG_ADMIN_ADDRESS", address, "LLMLOG_ADMIN_TOKEN", TOKEN));
    AdminConfig config = AdminConfig.from(with);
    assertNotNull(config);
    assertEquals(TOKEN, config.token());
    assertFalse(config.toString().contains(TOKEN));
  }

  @Test
  void aWrongToken_isOneErrorAndNotTwo() {
    Environment environment =
        Environment.of(
            Map.of("LLMLOG_ADMIN_ADDRESS", "0.0.0.0:1", "LLMLOG_ADMIN_TOKEN", "hunter2"));
    assertNull(AdminConfig.from(environment));
    assertEquals(1, environment.problems().size());
    assertFalse(environment.problems().get(0).contains("hunter2"));
  }

  @Test
  void byHand_itIsTheSame() {
    assertThrows(IllegalArgumentException.class, () -> new AdminConfig("0.0.0.0", 1, null, false));
    assertTrue(new AdminConfig("::1", 1, null, false).toString().contains("[::1]:1"));
  }
}
