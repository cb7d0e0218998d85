package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Puts the new table into the place of the proposal's, both in the transaction that makes the new
 * one. Whoever inserts meanwhile waits, and PostgreSQL looks the name up once more after such a
 * wait: the row comes into the new table, and no statement fails.
 */
final class Takeover {
  /** What the proposal's table is called until its rows have moved. */
  static final String ASIDE = "llm_logs_to_adopt";

  /** So many months get a partition at once: each takes locks, of which a server has thousands. */
  private static final int MOST_MONTHS = 240;

  private static final String ID_SEQUENCE = "llm_logs_id_seq";

  private final String place;
  private final SchemaName schema;
  private final ProposalTable table;
  private final List<String> grants = new ArrayList<>();
  private final TreeSet<YearMonth> months = new TreeSet<>();
  private long nextId;
  private long since;

  /**
   * @param place of the database, for people
   */
  Takeover(String place, SchemaName schema, ProposalTable table) {
    this.place = place;
    this.schema = schema;
    this.table = table;
  }

  /**
   * Locks the table against all others and takes it, its indexes and its sequence out of the way.
   *
   * @throws SchemaException if it is no longer what it was when it was looked at
   */
  void begin(Statement statement) throws SQLException, SchemaException {
    String old = schema.table("llm_logs");
    String aside = schema.table(ASIDE);
    // Before the lock: it may take a while where the index on created_at is missing.
    readMonths(statement, old);
    since = System.nanoTime();
    statement.execute("LOCK TABLE " + old + " IN ACCESS EXCLUSIVE MODE");
    if (!table.equals(ProposalTable.read(statement.getConnection(), schema, "llm_logs"))) {
      throw new SchemaException(
          place
              + ": the table llm_logs was changed by others meanwhile; nothing was changed: try again",
          null);
    }
    readGrants(statement);
    for (String rename : renames(statement)) {
      statement.execute(rename);
    }
    statement.execute("ALTER TABLE " + old + " RENAME TO " + ASIDE);
    // Renamed, the sequence is locked too: nobody takes a number after this one.
    nextId = Math.max(1, highestId(statement, aside) + 1);
  }

  /**
   * Fits the new table, which is there now, to the old.
   *
   * @return the partitions that were made, by name
   */
  List<String> finish(Statement statement, Partitions partitions, Instant now) throws SQLException {
    String parent = schema.table("llm_logs");
    statement.execute("ALTER TABLE %s ALTER COLUMN id RESTART WITH %d".formatted(parent, nextId));
    for (String grant : grants) {
      statement.execute(grant);
    }
    // Before anybody inserts: rows in the DEFAULT partition would be in the way later.
    YearMonth present = YearMonth.from(now.atOffset(ZoneOffset.UTC));
    for (int ahead = 0; ahead <= Partitions.MONTHS_AHEAD; ahead++) {
      months.add(present.plusMonths(ahead));
    }
    while (months.size() > MOST_MONTHS) {
      months.pollFirst();
    }
    return partitions.createFor(months, statement.getConnection());
  }

  /** When others began to wait, as {@link System#nanoTime()}. */
  long since() {
    return since;
  }

  /** By the index on created_at, a look for each month. Times that are none have no month. */
  private void readMonths(Statement statement, String old) throws SQLException {
    try (ResultSet rows =
        statement.executeQuery(
            """
            WITH RECURSIVE month (first) AS (
              SELECT date_trunc('month', min(created_at), 'UTC') FROM %1$s
                WHERE created_at >= '0001-01-01 00:00:00+00'
              UNION ALL
              SELECT (SELECT date_trunc('month', min(created_at), 'UTC') FROM %1$s
                WHERE created_at >= (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC')
              FROM month WHERE first < '9999-12-01 00:00:00+00')
            SELECT to_char(first AT TIME ZONE 'UTC', 'YYYY-MM') FROM month
              WHERE first < '9999-12-01 00:00:00+00'
            """
                .formatted(old))) {
      while (rows.next()) {
        months.add(YearMonth.parse(rows.getString(1)));
      }
    }
  }

  /** Who may do what with the table and the numbers of its rows; the former owner too. */
  private void readGrants(Statement statement) throws SQLException {
    String sql =
        """
        SELECT 'GRANT ' || privilege_type || of || ' ON ' || target || ' TO '
          || CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
          || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        FROM (
          SELECT a.*, '' AS of, '%2$s' AS target
            FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
            WHERE c.oid = %1$d
          UNION ALL SELECT a.*, ' (' || quote_ident(c.attname) || ')', '%2$s'
            FROM pg_attribute c, aclexplode(c.attacl) a WHERE c.attrelid = %1$d
          UNION ALL SELECT a.*, '', 'SEQUENCE %3$s'
            FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('s', c.relowner))) a
            WHERE c.oid = pg_get_serial_sequence('%2$s', 'id')::regclass
        ) every
        WHERE grantee = 0 OR EXISTS (
          SELECT FROM pg_roles r WHERE r.oid = grantee AND r.rolname <> current_user)
        """
            .formatted(table.oid(), schema.table("llm_logs"), schema.table(ID_SEQUENCE));
    addTexts(statement, sql, grants);
  }

  private List<String> renames(Statement statement) throws SQLException {
    List<String> renames = new ArrayList<>();
    String sql =
        """
        SELECT format('ALTER %%s %%I.%%I RENAME TO %2$s_%%s',
          CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END, n.nspname, c.relname, c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = %1$d)
        OR c.relkind = 'S' AND c.oid IN (SELECT objid FROM pg_depend
          WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
          AND refobjid = %1$d AND deptype IN ('a', 'i'))
        UNION ALL SELECT format('ALTER TABLE %%s RENAME CONSTRAINT %%I TO %2$s_%%s', '%3$s', conname, oid)
        FROM pg_constraint WHERE conrelid = %1$d AND contype = 'n'
        """
            .formatted(table.oid(), ASIDE, schema.table("llm_logs"));
    addTexts(statement, sql, renames);
    return renames;
  }

  private static void addTexts(Statement statement, String sql, List<String> to)
      throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        to.add(rows.getString(1));
      }
    }
  }

  private static long highestId(Statement statement, String aside) throws SQLException {
    long highest = number(statement, "SELECT coalesce(max(id), 0) FROM " + aside);
    List<String> sequence = new ArrayList<>();
    addTexts(statement, "SELECT pg_get_serial_sequence('" + aside + "', 'id')", sequence);
    String name = sequence.get(0);
    long last =
        name == null
            ? 0
            : number(statement, "SELECT last_value - (NOT is_called)::int FROM " + name);
    return Math.min(Math.max(highest, last), Long.MAX_VALUE - 1);
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
