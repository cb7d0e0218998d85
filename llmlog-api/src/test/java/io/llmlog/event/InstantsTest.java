package io.llmlog.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstantsTest {
  @ParameterizedTest
  @CsvSource({
    "2023-11-16T18:17:03.979960Z, 2023-11-16T18:17:03.979960Z",
    "2023-11-16T18:17:03.9799609999Z, 2023-11-16T18:17:03.979960Z",
    "1969-12-31T23:59:59.9999999Z, 1969-12-31T23:59:59.999999Z",
    "2023-11-16T18:17:03, 2023-11-16T18:17:03Z",
    "2023-11-16 18:17:03.5+00:00, 2023-11-16T18:17:03.5Z",
    "2023-11-16t18:17:03z, 2023-11-16T18:17:03Z",
    "'2023-11-16T18:17:03,25Z', 2023-11-16T18:17:03.25Z",
    "2023-11-16T18:17Z, 2023-11-16T18:17:00Z",
    "2023-11-16T18:17+01:30, 2023-11-16T16:47:00Z",
    "2023-11-16T18:17:03-0130, 2023-11-16T19:47:03Z",
    "2023-11-16T18:17:03+05, 2023-11-16T13:17:03Z",
    "20231116T181703Z, 2023-11-16T18:17:03Z",
    "20231116T1817, 2023-11-16T18:17:00Z",
    "20231116, 2023-11-16T00:00:00Z",
    "2023-11-16, 2023-11-16T00:00:00Z",
    "2023-11-16T18, 2023-11-16T18:00:00Z",
    "2023-11-16T24:00:00Z, 2023-11-17T00:00:00Z",
    "2016-12-31T23:59:60Z, 2017-01-01T00:00:00Z",
    "2024-02-29, 2024-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z, 0001-01-01T00:00:00Z",
    "0000-12-31T23:00:00-02:00, 0001-01-01T01:00:00Z",
    "9999-12-31T23:59:59.999999999Z, 9999-12-31T23:59:59.999999Z"
  })
  void iso8601_isRead(String text, Instant expected) {
    assertEquals(expected, Instants.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "1700158623",
        "99999-01-01T00:00:00Z",
        "+2023-11-16",
        "-2023-11-16",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-01:00",
        "10000-01-01",
        "2023-02-29",
        "2023-13-01",
        "2023-11-31",
        "2023-11-16T",
        "2023-11-16T25:00",
        "2023-11-16T18:60",
        "2023-11-16T18:17:61",
        "2023-11-16T24:00:01",
        "2023-11-16T24:00:00.1",
        "2023-11-16T18:17:03.",
        "2023-11-16T18:17:03.Z",
        "2023-11-16T18:17.5",
        "2023-11-16T18:",
        "2023-11-16T18:17:03+",
        "2023-11-16T18:17:03+1",
        "2023-11-16T18:17:03+01:",
        "2023-11-16T18:17:03+01:60",
        "2023-11-16T18:17:03+24:00",
        "2023-11-16T18:17:03Z ",
        " 2023-11-16",
        "2023-11-16T18:17:03ZZ",
        "2023-1116",
        "202311-16",
        "2023-11",
        "2023",
        "16.11.2023",
        "11/16/2023",
        "٢٠٢٣-11-16",
        "2023-11-16T18:17:03 UTC",
        "2023-11-16T18:17:03+01:00[Europe/Berlin]",
        "Thu, 16 Nov 2023 18:17:03 GMT"
      })
  void anythingElse_isNone(String text) {
    assertNull(Instants.parse(text));
  }

  @Test
  void writtenTimes_areReadBack() {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      long second = random.nextLong(-62_135_596_800L, 253_402_300_800L);
      Instant time = Instant.ofEpochSecond(second, random.nextInt(1_000_000) * 1_000L);
      JsonOut out = new JsonOut(new byte[32], 100);
      out.instant(time);
      String text =
          new String(out.buffer(), 1, out.size() - 2, java.nio.charset.StandardCharsets.UTF_8);
      assertEquals(27, text.length());
      assertEquals(time, Instant.parse(text));
      assertEquals(time, Instants.parse(text));
    }
  }
}
