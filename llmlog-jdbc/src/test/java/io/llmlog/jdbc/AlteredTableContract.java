package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import java.time.Duration;
import java.time.Period;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tables that a person has altered: no value is stored otherwise than by the sure road. */
abstract class AlteredTableContract extends RoadsCase {
  @Test
  void columnsOfOtherTypes_takeTheSureRoad_andKeepEachValue() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      // Read as a numeric, many an int8 is a valid one, and another number.
      alter("ttft_ms TYPE numeric");
      String members = "\"ttft_ms\":5,\"user_id\":3000000000";
      assertEquals(1, writer.write(List.of(message(1, members))).stored());
      assertEquals(5, number("SELECT ttft_ms FROM analytics.llm_logs WHERE ttft_ms IS NOT NULL"));
      assertTries(1, 1);
      alter("ttft_ms TYPE bigint");
      alter("user_id TYPE integer USING NULL");
      for (int i = 10; i < 10 + Detour.FIRST; i++) {
        writer.write(batch(i, i + 1));
      }
      WriteResult result =
          writer.write(List.of(message(100, members), message(101, "\"user_id\":7")));
      assertEquals(1, result.stored());
      assertEquals(List.of(0), result.deadLetters().stream().map(DeadLetter::index).toList());
      assertEquals(7, number("SELECT max(user_id) FROM analytics.llm_logs"));
      assertEquals(1, number("SELECT last_value FROM analytics.fast"));
    }
    assertRows(3 + Detour.FIRST);
  }

  @Test
  void columnsOfOtherWidths_refuseAndRoundAsOnTheSureRoad() throws Exception {
    alter("cost_usd TYPE numeric(10, 6)");
    alter("session_id TYPE varchar(5)");
    alter("model TYPE text");
    String good =
        "\"cost_usd\":1234.1234565,\"session_id\":\"12345\",\"model\":\"%s\""
            .formatted("m".repeat(150));
    List<Message> batch =
        List.of(
            message(1, good),
            message(2, "\"cost_usd\":123456.5"),
            message(3, "\"session_id\":\"123456\""));
    for (List<Message> one : List.of(batch, Redelivering.again(batch))) {
      execute("TRUNCATE analytics.llm_logs, analytics.llm_log_dead_letters");
      try (EventWriter writer = writer()) {
        WriteResult result = writer.write(one);
        assertEquals(1, result.stored());
        assertEquals(List.of(1, 2), result.deadLetters().stream().map(DeadLetter::index).toList());
      }
      assertEquals("1234.123457", text("SELECT cost_usd FROM analytics.llm_logs"));
      assertEquals(
          "22001 22003",
          text(
              """
              SELECT string_agg(sqlstate, ' ' ORDER BY sqlstate)
              FROM analytics.llm_log_dead_letters
              """));
    }
    try (EventWriter writer = writer()) {
      long before = number("SELECT last_value FROM analytics.sure");
      assertEquals(1, writer.write(List.of(message(4, good))).stored());
      assertEquals("1234.123457", text("SELECT max(cost_usd) FROM analytics.llm_logs"));
      assertEquals(before, number("SELECT last_value FROM analytics.sure"), "not fast");
    }
  }

  @Test
  void withoutItsUniqueKey_theTableTakesNothing() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT llm_logs_pkey");
      WriteException e = assertThrows(WriteException.class, () -> writer.write(batch(0, 5)));
      assertEquals(WriteException.Kind.PAUSE, e.kind(), e.getMessage());
      assertEquals("42P10", e.sqlState());
      execute(
          """
          ALTER TABLE analytics.llm_logs
            ADD CONSTRAINT llm_logs_pkey PRIMARY KEY (created_at, event_id)
          """);
      assertEquals(new WriteResult(4, 1, List.of()), writer.write(batch(0, 5)));
    }
    assertRows(5);
  }

  @Test
  void aRoleThatMayNotLockTheTable_takesTheSureRoad() throws Exception {
    String role = "columns_" + url().substring(url().lastIndexOf('_') + 1);
    execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT (%2$s), SELECT ON analytics.llm_logs TO %1$s;
        GRANT USAGE ON SEQUENCE analytics.fast, analytics.sure TO %1$s
        """
            .formatted(role, CopyRows.NAMES));
    StoreSettings settings =
        new StoreSettings(
            url().replaceFirst("//[^@]+@", "//" + role + ":pw@"),
            "analytics",
            Period.ofMonths(13),
            1,
            Duration.ofSeconds(20));
    try (EventWriter writer = PostgresWriter.create(settings, clock())) {
      writer.prepare();
      assertEquals(5, writer.write(batch(0, 5)).stored());
      assertEquals(5, writer.write(batch(5, 10)).stored());
    }
    assertRows(10);
  }

  /** Views stand on the columns. */
  private void alter(String column) {
    execute(
        "DROP VIEW IF EXISTS analytics.llm_log_calls CASCADE; ALTER TABLE analytics.llm_logs ALTER "
            + column);
  }
}
