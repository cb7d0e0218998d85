package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A relation named {@code llm_logs} that no migration of ours made, held against the table of the
 * proposal that llmlog follows. docs/UPGRADING.md has its SQL.
 *
 * @param oid its number in the catalog
 * @param differences in what it is not that table; empty: it is
 * @param dependents what hangs on it, and would be lost or lead astray if the table were replaced
 */
record ProposalTable(long oid, List<String> differences, List<String> dependents) {
  ProposalTable {
    differences = List.copyOf(differences);
    dependents = List.copyOf(dependents);
  }

  /** Name, type, and whether the column is NOT NULL. */
  private record Shape(String type, boolean notNull) {
    @Override
    public String toString() {
      return type + (notNull ? " NOT NULL" : "");
    }
  }

  /** The array of the row's type is the one thing that does not depend on the table directly. */
  private static final String DEPENDENTS =
      """
      WITH own (class, oid) AS (
        SELECT 'pg_class'::regclass::oid, %1$d::oid
        UNION ALL SELECT classid, objid FROM pg_depend
          WHERE refclassid = 'pg_class'::regclass AND refobjid = %1$d AND deptype IN ('a', 'i')
        UNION ALL SELECT 'pg_type'::regclass, typarray FROM pg_type WHERE typrelid = %1$d)
      SELECT CASE WHEN r.oid IS NULL THEN pg_describe_object(d.classid, d.objid, d.objsubid)
          ELSE pg_describe_object('pg_class'::regclass, r.ev_class, 0) END
        FROM own JOIN pg_depend d ON d.refclassid = own.class AND d.refobjid = own.oid
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        WHERE d.deptype = 'n' AND NOT (d.classid = 'pg_attrdef'::regclass
          AND d.objid IN (SELECT oid FROM pg_attrdef WHERE adrelid = %1$d))
      UNION SELECT pg_describe_object('pg_trigger'::regclass, oid, 0) FROM pg_trigger
        WHERE tgrelid = %1$d AND NOT tgisinternal
      UNION SELECT pg_describe_object('pg_rewrite'::regclass, oid, 0) FROM pg_rewrite
        WHERE ev_class = %1$d
      UNION SELECT pg_describe_object('pg_policy'::regclass, oid, 0) FROM pg_policy
        WHERE polrelid = %1$d
      UNION SELECT pg_describe_object('pg_constraint'::regclass, oid, 0) FROM pg_constraint
        WHERE conrelid = %1$d AND contype NOT IN ('p', 'n')
      UNION SELECT 'unique ' || pg_describe_object('pg_class'::regclass, indexrelid, 0)
        FROM pg_index i WHERE indrelid = %1$d AND indisunique AND NOT indisprimary
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
      UNION SELECT pg_describe_object('pg_publication'::regclass, prpubid, 0)
        FROM pg_publication_rel WHERE prrelid = %1$d
      ORDER BY 1
      """;

  private static final Map<String, Shape> COLUMNS = new LinkedHashMap<>();

  static {
    column("id", "bigint", true);
    column("created_at", "timestamp with time zone", false);
    column("action", "character varying(100)", true);
    column("message", "text", false);
    column("user_id", "integer", false);
    column("company_id", "integer", false);
    column("interview_id", "integer", false);
    column("model", "character varying(50)", false);
    column("tokens_used", "integer", false);
    column("tokens_input", "integer", false);
    column("tokens_output", "integer", false);
    column("cost_usd", "numeric(10,6)", false);
    column("latency_ms", "integer", false);
    column("streaming", "boolean", false);
    column("error_type", "character varying(100)", false);
    column("error_message", "text", false);
    column("metadata", "jsonb", false);
    column("deployment_version", "character varying(50)", false);
    column("deployment_environment", "character varying(50)", false);
  }

  private static void column(String name, String type, boolean notNull) {
    COLUMNS.put(name, new Shape(type, notNull));
  }

  /** Its columns, for a statement. */
  static String columns() {
    return String.join(", ", COLUMNS.keySet());
  }

  /** Looks at a relation; null: there is none of that name. */
  static @Nullable ProposalTable read(Connection connection, SchemaName schema, String name)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT c.oid, c.relkind::text, c.relispartition
              OR EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)),
              pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner),
              EXISTS (SELECT FROM pg_constraint k JOIN pg_attribute a
                ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
                WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attname = 'id')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ?
            """)) {
      query.setString(1, schema.name());
      query.setString(2, name);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        long oid = row.getLong(1);
        String kind = kind(row.getString(2));
        if (!kind.equals("a table")) {
          return new ProposalTable(oid, List.of("it is " + kind), List.of());
        }
        List<String> differences = differences(connection, oid);
        if (row.getBoolean(3)) {
          differences.add("it has a parent or children");
        }
        if (!row.getBoolean(4)) {
          differences.add("it belongs to the role " + row.getString(5));
        }
        if (!row.getBoolean(6)) {
          differences.add("its primary key is not (id)");
        }
        return new ProposalTable(oid, differences, dependents(connection, oid));
      }
    }
  }

  private static String kind(String relkind) {
    return switch (relkind) {
      case "r" -> "a table";
      case "p" -> "a partitioned table";
      case "f" -> "a foreign table";
      case "v" -> "a view";
      case "m" -> "a materialized view";
      case "S" -> "a sequence";
      case "i", "I" -> "an index";
      default -> "a relation of kind " + relkind;
    };
  }

  private static List<String> differences(Connection connection, long oid) throws SQLException {
    Map<String, Shape> found = new LinkedHashMap<>();
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT attname, format_type(atttypid, atttypmod)
              || CASE WHEN attgenerated <> '' THEN ' GENERATED' ELSE '' END, attnotnull
            FROM pg_attribute WHERE attrelid = ? AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """)) {
      query.setLong(1, oid);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          found.put(rows.getString(1), new Shape(rows.getString(2), rows.getBoolean(3)));
        }
      }
    }
    List<String> differences = new ArrayList<>();
    COLUMNS.forEach(
        (name, shape) -> {
          Shape other = found.remove(name);
          if (other == null) {
            differences.add("it has no column " + name);
          } else if (!other.equals(shape)) {
            differences.add("its column %s is %s and not %s".formatted(name, other, shape));
          }
        });
    found.keySet().forEach(name -> differences.add("it has a column " + name));
    return differences;
  }

  /**
   * Views and functions keep to the table by its number, so they would follow it under its new
   * name; constraints and triggers would go with it. Indexes hold nothing of their own, unless they
   * are unique.
   */
  private static List<String> dependents(Connection connection, long oid) throws SQLException {
    List<String> dependents = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(DEPENDENTS.formatted(oid))) {
      while (rows.next()) {
        dependents.add(rows.getString(1));
      }
    }
    return dependents;
  }
}
