package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisUrlTest {
  @Test
  void fullUrl_isReadWithItsPartsDecoded() {
    RedisUrl url = RedisUrl.parse("rediss://us%3Aer:p%40ss%2Fw+rd@redis_host:7000/2");
    assertEquals(new RedisUrl(true, "redis_host", 7000, 2, "us:er", "p@ss/w+rd"), url);
    assertEquals("rediss://redis_host:7000/2", url.toString());
  }

  @Test
  void shortUrl_hasPortDatabaseAndLoginOfTheDefault() {
    assertEquals(
        new RedisUrl(false, "localhost", 6379, 0, null, null), RedisUrl.parse("redis://localhost"));
    assertEquals(RedisUrl.parse("redis://localhost"), RedisUrl.parse("REDIS://localhost:6379/"));
    assertEquals(RedisUrl.parse("redis://localhost"), RedisUrl.parse("redis://:@localhost/0"));
  }

  @Test
  void passwordWithoutUser_isThatOfTheDefaultUser() {
    RedisUrl url = RedisUrl.parse("redis://:a:b@host");
    assertNull(url.user());
    assertEquals("a:b", url.password());
  }

  @Test
  void addressOfVersion6_standsInBrackets() {
    RedisUrl url = RedisUrl.parse("redis://[::1]:6380/1");
    assertEquals("::1", url.host());
    assertEquals("[::1]:6380", url.place());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "localhost:6379|unknown scheme",
        "amqp://localhost|unknown scheme",
        "redis://|no host",
        "redis://:6379|no host",
        "redis://[::1|no host",
        "redis://host:|port is no number from 1 to 65535",
        "redis://host:99999|port is no number from 1 to 65535",
        "redis://host:+1|port is no number",
        "redis://host/x|database is no number",
        "redis://host/-1|database is no number",
        "redis://host/1/2|database is no number",
        "redis://host?ssl=true|parameters",
        "redis://::1:6379|an IPv6 address must stand in brackets",
      })
  void badUrl_isRefusedWithItsFault(String url, String fault) {
    String said =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RedisUrl.parse(url)).getMessage());
    assertTrue(said.startsWith(fault), said);
    assertTrue(said.contains("must be redis[s]://"), said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:secret",
        "redis://:secret",
        "redis://user:7secret/0",
        "redis://host?password=secret",
        "redis://host/0?token=sec&ret",
      })
  void badUrlThatMayHoldAPassword_isRefusedWithoutShowingIt(String url) {
    String said =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RedisUrl.parse(url)).getMessage());
    assertFalse(said.contains("sec"), said);
    assertFalse(said.contains("ret"), said);
    assertTrue(said.contains("must be redis[s]://"), said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:sec/ret@host",
        "redis://:sec?ret@host",
        "redis://:sec#ret@host:1",
        "redis://secret@host",
        "redis://user:secret@",
        "redis://user:secret@host:x",
        "redis://user:secret",
        "redis://user:%secret@host",
        "redis://us:secret@er:secret@host/y",
        "secret@host",
        "redis:user:secret@host",
      })
  void badUrlWithALogin_isRefusedWithoutShowingIt(String url) {
    String said =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> RedisUrl.parse(url)).getMessage());
    assertFalse(said.contains("sec"), said);
    assertFalse(said.contains("ret"), said);
  }
}
