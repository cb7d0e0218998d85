package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.WriteException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

class SqlErrorsTest {
  @ParameterizedTest
  @ValueSource(strings = {"22001", "22003", "22021", "22P02", "22P05", "23502", "54000", "54001"})
  void blamesRow_forDataOfTheRow(String state) {
    assertTrue(SqlErrors.blamesRow(error(state, "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"22P03", "22P04", "23505", "23503", "42804", "08P01", "53100", "XX000", "40001"})
  void blamesRow_forNothingElse(String state) {
    assertFalse(SqlErrors.blamesRow(error(state, "")));
  }

  @Test
  void blamesRow_forACheckButNotForAMissingPartition() {
    assertTrue(SqlErrors.blamesRow(error("23514", "npositive\0")));
    assertFalse(SqlErrors.blamesRow(error("23514", "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "40001", "40P01", "40003", "08000", "08001", "08003", "08004", "08006", "53000", "53100",
        "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "58030", "25006"
      })
  void kind_ofWhatTimeHeals_isRetry(String state) {
    assertEquals(WriteException.Kind.RETRY, SqlErrors.kind(error(state, "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08P01", "53400", "28000", "28P01", "42501", "42P01", "42703", "3D000", "3F000", "0A000",
        "55000", "23514", "23505", "57P04", "XX000", "XX001", "22P03", "22P04", "99999", "25P02"
      })
  void kind_ofAllElse_isPause(String state) {
    assertEquals(WriteException.Kind.PAUSE, SqlErrors.kind(error(state, "")));
  }

  @Test
  void kind_ofAPartitionThatCameMeanwhile_isRetry() {
    assertEquals(WriteException.Kind.RETRY, SqlErrors.kind(error("23514", "tllm_logs_default\0")));
    assertEquals(WriteException.Kind.PAUSE, SqlErrors.kind(error("23514", "tllm_logs\0")));
  }

  @Test
  void kind_ofAPoolWithoutAFreeConnection_isRetry() {
    assertEquals(
        WriteException.Kind.RETRY, SqlErrors.kind(new SQLTransientConnectionException("busy")));
    assertEquals(WriteException.Kind.PAUSE, SqlErrors.kind(new SQLException("odd")));
  }

  @Test
  void state_isThatOfTheDriver_whereThePoolWrapsIt() {
    SQLException wrapped = new SQLTransientConnectionException("timeout", "x", error("28P01", ""));
    assertEquals("28P01", SqlErrors.state(wrapped));
    SQLException batch = new BatchUpdateException("b", "42P01", new int[0], error("42P01", ""));
    assertEquals("SQLSTATE 42P01: it failed", SqlErrors.text(batch));
  }

  @Test
  void text_leavesDetailAndPlaceOut() {
    String text =
        SqlErrors.text(error("23502", "DFailing row contains (secret)\0WCOPY x: secret\0"));
    assertEquals("SQLSTATE 23502: it failed", text);
  }

  private static PSQLException error(String state, String fields) {
    return new PSQLException(
        new ServerErrorMessage("SERROR\0C" + state + "\0Mit failed\0" + fields), false);
  }
}
