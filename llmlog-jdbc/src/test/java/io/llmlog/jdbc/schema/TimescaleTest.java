package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimescaleTest {
  @Test
  void check_whereNothingIsInstalled_saysWhatToInstall() {
    assertEquals(
        "h:5432/d: LLMLOG_PARTITIONING=timescale: the server does not have the extension"
            + " timescaledb: install TimescaleDB, or set LLMLOG_PARTITIONING=native; nothing was"
            + " changed",
        refusal(new Timescale(null, null, false, null, false, true, true)));
  }

  @Test
  void check_withoutThePreloadedLibrary_namesTheSetting() {
    String expected =
        "h:5432/d: LLMLOG_PARTITIONING=timescale: the server has the extension timescaledb, but"
            + " has not preloaded it: add timescaledb to shared_preload_libraries and restart the"
            + " server; nothing was changed";
    assertEquals(expected, refusal(new Timescale(null, null, false, "2.22.1", false, true, true)));
    assertEquals(
        expected, refusal(new Timescale("2.22.1", "public", true, "2.22.1", false, true, true)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.17.2", "2.9.3", "1.7.5", "2.17.0-dev", "2"})
  void check_ofAnOldVersion_namesTheLeast(String version) {
    String expected =
        "h:5432/d: LLMLOG_PARTITIONING=timescale: TimescaleDB %s is too old: must be 2.18 or"
            + " newer; nothing was changed";
    assertEquals(
        expected.formatted(version),
        refusal(new Timescale(version, "public", true, "2.22.1", true, true, true)));
    assertEquals(
        expected.formatted(version),
        refusal(new Timescale(null, null, false, version, true, true, true)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.18.0", "2.22.1", "2.30.0-dev", "3.0", "2.100.0", "future"})
  void check_ofANewerVersion_passes(String version) {
    assertDoesNotThrow(
        () -> new Timescale(version, "public", true, version, true, false, true).check("h"));
    assertDoesNotThrow(
        () -> new Timescale(null, null, false, version, true, true, true).check("h"));
  }

  @Test
  void check_withoutAPlaceForTheExtension_saysHowToMakeIt() {
    assertEquals(
        "h:5432/d: LLMLOG_PARTITIONING=timescale: there is no schema public to make the extension"
            + " timescaledb in: CREATE EXTENSION timescaledb SCHEMA ...; nothing was changed",
        refusal(new Timescale(null, null, false, "2.22.1", true, true, false)));
  }

  private static @Nullable String refusal(Timescale timescale) {
    return assertThrows(SchemaException.class, () -> timescale.check("h:5432/d")).getMessage();
  }
}
