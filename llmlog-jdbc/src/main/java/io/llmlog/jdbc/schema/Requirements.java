package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What a database offers, read in one query before anything is changed.
 *
 * @param versionNumber as {@code server_version_num}: 140024
 * @param temporary whether the role may make temporary tables, which the writer needs
 * @param createSchema whether the role may make schemas
 * @param createTable whether the schema is there and the role may make tables in it
 * @param ours whether our history of migrations is there
 * @param table whether there is a relation named {@code llm_logs}
 */
record Requirements(
    int versionNumber,
    String version,
    String encoding,
    boolean standby,
    boolean temporary,
    boolean createSchema,
    boolean schemaExists,
    boolean createTable,
    boolean ours,
    boolean table) {
  private static final int OLDEST = 140000;

  static Requirements read(Connection connection, SchemaName schema) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT current_setting('server_version_num')::int, current_setting('server_version'),
              current_setting('server_encoding'), pg_is_in_recovery(),
              has_database_privilege(current_database(), 'TEMP'),
              has_database_privilege(current_database(), 'CREATE'),
              n.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
              EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = ?),
              EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = 'llm_logs')
            FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = ?
            """)) {
      query.setString(1, History.TABLE);
      query.setString(2, schema.name());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return new Requirements(
            row.getInt(1),
            row.getString(2),
            row.getString(3),
            row.getBoolean(4),
            row.getBoolean(5),
            row.getBoolean(6),
            row.getBoolean(7),
            row.getBoolean(8),
            row.getBoolean(9),
            row.getBoolean(10));
      }
    }
  }

  /** Refuses a database in which the tables cannot be made, or could not be written. */
  void check(String place, SchemaName schema) throws SchemaException {
    if (versionNumber < OLDEST) {
      throw new SchemaException(
          "%s: PostgreSQL %s is too old: must be 14 or newer".formatted(place, version), null);
    }
    if (!encoding.equals("UTF8")) {
      throw new SchemaException(
          "%s: the encoding of the database is %s: must be UTF8".formatted(place, encoding), null);
    }
    if (standby) {
      throw new SchemaException(
          place + ": is a standby, which cannot be changed: name its primary", null);
    }
    if (!temporary) {
      throw new SchemaException(
          place
              + ": the role may not make temporary tables, through which rows are written:"
              + " GRANT TEMPORARY ON DATABASE ... TO ...",
          null);
    }
    if (schemaExists ? !createTable : !createSchema) {
      String grant = schemaExists ? "SCHEMA " + schema.quoted() : "DATABASE ...";
      throw new SchemaException(
          "%s: the role may not make %s: GRANT CREATE ON %s TO ..."
              .formatted(
                  place, schemaExists ? "tables in schema " + schema.name() : "a schema", grant),
          null);
    }
  }
}
