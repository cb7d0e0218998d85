package io.llmlog.jdbc.schema;

import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.StringJoiner;

/** Questions to a database, and the whole of its catalog as a text that can be compared. */
final class Database {
  /**
   * Nothing in it depends on the order or the numbers in which things were made; a partition may
   * have its columns in an order of its own.
   */
  private static final String CATALOG =
      """
      SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") FROM (
        SELECT format('schema %%I %%s %%s', nspname, nspowner::regrole, nspacl) AS line
          FROM pg_namespace n WHERE %1$s
        UNION ALL SELECT format('%%s %%I.%%I %%s %%s %%s', c.relkind, nspname, relname,
            relowner::regrole, relacl, pg_get_expr(relpartbound, c.oid))
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE %1$s
        UNION ALL SELECT format('column %%s %%s.%%I.%%I %%s %%s %%s%%s %%s %%s',
            CASE WHEN relispartition THEN 0 ELSE attnum END, nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
            attgenerated, pg_get_expr(adbin, adrelid), attacl)
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0
          LEFT JOIN pg_attrdef d ON adrelid = c.oid AND adnum = attnum WHERE %1$s
        UNION ALL SELECT pg_get_indexdef(c.oid)
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          WHERE relkind IN ('i', 'I') AND %1$s
        UNION ALL SELECT format('constraint %%s %%s %%s', conrelid::regclass, conname,
            pg_get_constraintdef(k.oid))
          FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE %1$s
        UNION ALL SELECT pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
          FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
          JOIN pg_namespace n ON n.oid = relnamespace WHERE NOT tgisinternal AND %1$s
        UNION ALL SELECT pg_get_functiondef(p.oid) || concat(' ', proowner::regrole, proacl)
          FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
          WHERE prokind IN ('f', 'p') AND %1$s
        UNION ALL SELECT format('view %%s %%s', c.oid::regclass, pg_get_viewdef(c.oid))
          FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          WHERE relkind IN ('v', 'm') AND %1$s
        UNION ALL SELECT format('sequence %%s %%s %%s', q.seqrelid::regclass, q.seqincrement,
            pg_sequence_last_value(q.seqrelid))
          FROM pg_sequence q JOIN pg_class c ON c.oid = seqrelid
          JOIN pg_namespace n ON n.oid = relnamespace WHERE %1$s
      ) every
      """;

  private Database() {}

  /** Everything in all schemas but PostgreSQL's own. */
  static String catalog(String url) throws SQLException {
    return text(
        url,
        CATALOG.formatted(
            "n.nspname !~ '^pg_(toast|temp)' AND n.nspname <> 'information_schema'"
                + " AND n.nspname <> 'pg_catalog'"));
  }

  /** Everything in one schema. */
  static String catalog(String url, String schema) throws SQLException {
    return text(url, CATALOG.formatted("n.nspname = '" + schema + "'"));
  }

  /** The rows, a line each, their columns with a space between. */
  static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url)) {
      return text(connection, sql);
    }
  }

  static String text(Connection connection, String sql) throws SQLException {
    StringJoiner lines = new StringJoiner("\n");
    try (ResultSet rows = connection.createStatement().executeQuery(sql)) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        StringJoiner line = new StringJoiner(" ");
        for (int i = 1; i <= columns; i++) {
          line.add(String.valueOf(rows.getString(i)));
        }
        lines.add(line.toString());
      }
    }
    return lines.toString();
  }

  static long number(String url, String sql) throws SQLException {
    return Long.parseLong(text(url, sql));
  }
}
