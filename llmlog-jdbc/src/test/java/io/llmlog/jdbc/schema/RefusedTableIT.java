package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Relations named llm_logs that are not ours to take: a clear error, and nothing is changed. */
class RefusedTableIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ALTER TABLE llm_logs ADD COLUMN cost_eur numeric | it has a column cost_eur",
        "ALTER TABLE llm_logs DROP COLUMN metadata | it has no column metadata",
        "ALTER TABLE llm_logs ALTER COLUMN model TYPE varchar(80)"
            + " | its column model is character varying(80) and not character varying(50)",
        "ALTER TABLE llm_logs ALTER COLUMN created_at SET NOT NULL"
            + " | is timestamp with time zone NOT NULL and not timestamp with time zone",
        "ALTER TABLE llm_logs ALTER COLUMN created_at TYPE timestamp | is timestamp without time",
        "ALTER TABLE llm_logs DROP CONSTRAINT llm_logs_pkey | its primary key is not (id)",
        "CREATE TABLE child () INHERITS (llm_logs) | it has a parent or children",
        "DROP TABLE llm_logs; CREATE VIEW llm_logs AS SELECT 1 AS id | it is a view",
        "DROP TABLE llm_logs; CREATE MATERIALIZED VIEW llm_logs AS SELECT 1 | a materialized view",
        "DROP TABLE llm_logs; CREATE TABLE llm_logs (id int) PARTITION BY RANGE (id)"
            + " | it is a partitioned table",
        "DROP TABLE llm_logs; CREATE SEQUENCE llm_logs | it is a sequence",
        "DROP TABLE llm_logs; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
            + "CREATE FOREIGN TABLE llm_logs (id int) SERVER s | it is a foreign table",
      })
  void aTableThatIsNotTheProposals_isRefused(String change, String difference) throws Exception {
    assertRefused(change, "llmlog did not make; nothing was changed", difference);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CREATE VIEW v AS SELECT action FROM llm_logs | view public.v",
        "CREATE MATERIALIZED VIEW mv AS SELECT action FROM llm_logs | materialized view public.mv",
        "CREATE TABLE bills (log bigint REFERENCES llm_logs)"
            + " | constraint bills_log_fkey on table public.bills",
        "CREATE TABLE c (id int PRIMARY KEY);"
            + " ALTER TABLE llm_logs ADD FOREIGN KEY (company_id) REFERENCES c"
            + " | constraint llm_logs_company_id_fkey on table public.llm_logs",
        "ALTER TABLE llm_logs ADD CONSTRAINT cheap CHECK (cost_usd < 9) | constraint cheap on table",
        "CREATE UNIQUE INDEX u ON llm_logs (message) | unique index public.u",
        "ALTER TABLE llm_logs ADD UNIQUE (message) | constraint llm_logs_message_key on table",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            + " CREATE TRIGGER t AFTER INSERT ON llm_logs EXECUTE FUNCTION f()"
            + " | trigger t on table public.llm_logs",
        "CREATE RULE r AS ON DELETE TO llm_logs DO INSTEAD NOTHING | rule r on table public.llm_logs",
        "CREATE POLICY p ON llm_logs USING (true) | policy p on table public.llm_logs",
        "CREATE PUBLICATION pub FOR TABLE llm_logs | publication pub",
        "CREATE FUNCTION f(llm_logs) RETURNS int LANGUAGE sql AS 'SELECT 1'"
            + " | function public.f(public.llm_logs)",
        "CREATE TABLE copies (logs llm_logs[]) | column logs of table public.copies",
        "CREATE TABLE other (id bigint DEFAULT nextval('llm_logs_id_seq'))"
            + " | default value for column id of table public.other",
      })
  void aTableOnWhichOthersHang_isRefusedWithTheirNames(String change, String named)
      throws Exception {
    assertRefused(change, "cannot be adopted while these hang on it", named);
  }

  @Test
  void aTableOfAnotherRole_isRefused() throws Exception {
    String url = SERVER.createDatabase("refused");
    String role = "role_" + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(url, Proposal.DDL);
    PostgresServer.execute(
        url,
        "CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT ALL ON SCHEMA public TO %1$s; GRANT ALL ON ALL TABLES IN SCHEMA public TO %1$s"
            .formatted(role));
    String poor = url.replaceFirst("//[^@]+@", "//" + role + ":pw@");
    assertUnchanged(url, poor, "it belongs to the role", "llmlog did not make");
  }

  @Test
  void aNameThatIsTakenAside_isRefused() throws Exception {
    assertRefused("CREATE TABLE llm_logs_to_adopt ()", "llm_logs_to_adopt", "already exists");
  }

  private static void assertRefused(String change, String... parts) throws Exception {
    String url = SERVER.createDatabase("refused");
    PostgresServer.execute(url, Proposal.DDL);
    PostgresServer.execute(url, change);
    assertUnchanged(url, url, parts);
  }

  private static void assertUnchanged(String url, String asRole, String... parts) throws Exception {
    String before = Database.catalog(url);
    Schema schema = new Schema(PostgresUrl.parse(asRole), new SchemaName("public"));
    SchemaException refused = assertThrows(SchemaException.class, () -> schema.apply(false, NOW));
    String message = String.valueOf(refused.getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    assertEquals(before, Database.catalog(url));
  }
}
