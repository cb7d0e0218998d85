package io.llmlog.jdbc.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * What a database offers of TimescaleDB, read in one query before anything is changed: a session
 * that makes the extension without its preloaded library is cut off.
 *
 * @param installed the version in this database, null where it has none
 * @param namespace the schema of its functions, quoted where it must be
 * @param mayUse whether the role may call them
 * @param available the version that could be made, null where the server has none
 * @param preloaded whether the server has started with its library
 * @param mayCreate whether the role may make the extension
 * @param hasPublic whether there is the schema in which it is made
 */
record Timescale(
    @Nullable String installed,
    @Nullable String namespace,
    boolean mayUse,
    @Nullable String available,
    boolean preloaded,
    boolean mayCreate,
    boolean hasPublic) {
  /** The first whose hypertables take triggers with transition tables, as the rollup's is. */
  private static final int OLDEST_MAJOR = 2;

  private static final int OLDEST_MINOR = 18;

  /** Where it stands when llmlog makes it. */
  static final String USUAL_NAMESPACE = "public";

  static Timescale read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        // The setting is one of the library's; shared_preload_libraries is not shown to everyone.
        ResultSet row =
            statement.executeQuery(
                """
                SELECT e.extversion, quote_ident(n.nspname),
                  coalesce(has_schema_privilege(n.oid, 'USAGE'), false), a.version,
                  current_setting('timescaledb.disable_load', true) IS NOT NULL,
                  r.rolsuper OR coalesce(a.trusted, false)
                    AND has_database_privilege(current_database(), 'CREATE'),
                  to_regnamespace('public') IS NOT NULL
                FROM pg_roles r
                LEFT JOIN pg_extension e ON e.extname = 'timescaledb'
                LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
                LEFT JOIN (
                  SELECT v.version, v.trusted FROM pg_available_extensions x
                  JOIN pg_available_extension_versions v
                    ON v.name = x.name AND v.version = x.default_version
                  WHERE x.name = 'timescaledb') a ON true
                WHERE r.rolname = current_user
                """)) {
      row.next();
      return new Timescale(
          row.getString(1),
          row.getString(2),
          row.getBoolean(3),
          row.getString(4),
          row.getBoolean(5),
          row.getBoolean(6),
          row.getBoolean(7));
    }
  }

  /** Refuses a database in which hypertables cannot be made. */
  void check(String place) throws SchemaException {
    String problem = problem();
    if (problem != null) {
      throw new SchemaException(
          "%s: LLMLOG_PARTITIONING=timescale: %s; nothing was changed".formatted(place, problem),
          null);
    }
  }

  private @Nullable String problem() {
    if (installed == null && available == null) {
      return "the server does not have the extension timescaledb: install TimescaleDB, or set"
          + " LLMLOG_PARTITIONING=native";
    }
    if (!preloaded) {
      return "the server has the extension timescaledb, but has not preloaded it: add timescaledb"
          + " to shared_preload_libraries and restart the server";
    }
    String version = installed == null ? available : installed;
    if (version != null && isTooOld(version)) {
      return "TimescaleDB %s is too old: must be %d.%d or newer"
          .formatted(version, OLDEST_MAJOR, OLDEST_MINOR);
    }
    if (installed != null) {
      return mayUse
          ? null
          : "the role may not use the extension timescaledb: GRANT USAGE ON SCHEMA %s TO ..."
              .formatted(namespace);
    }
    if (!mayCreate) {
      return "the role may not make the extension timescaledb: GRANT CREATE ON DATABASE ... TO ...,"
          + " or as a superuser: CREATE EXTENSION timescaledb";
    }
    if (!hasPublic) {
      return "there is no schema public to make the extension timescaledb in: CREATE EXTENSION"
          + " timescaledb SCHEMA ...";
    }
    return null;
  }

  private static boolean isTooOld(String version) {
    String[] parts = version.split("[.-]", 3);
    int major = number(parts[0]);
    int minor = parts.length > 1 ? number(parts[1]) : 0;
    return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
  }

  /** What is no number is newer than all that are known. */
  private static int number(String text) {
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : Integer.MAX_VALUE;
  }
}
