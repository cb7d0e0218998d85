package io.llmlog.jdbc;

/**
 * The name of a schema, as {@code LLMLOG_SCHEMA} allows it: safe to stand in a statement.
 *
 * @param name lower-case letters, digits and underscores, at most 63, none of PostgreSQL's own
 */
public record SchemaName(String name) {
  public SchemaName {
    if (!name.matches("[a-z_][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException(
          "schema \"" + name + "\": must match [a-z_][a-z0-9_]{0,62}");
    }
    if (name.startsWith("pg_") || name.equals("information_schema")) {
      throw new IllegalArgumentException("schema \"" + name + "\": belongs to PostgreSQL");
    }
  }

  /** The name between double quotes. */
  public String quoted() {
    return '"' + name + '"';
  }

  /** A table of this schema, ready for a statement; the table's name is a constant of ours. */
  public String table(String table) {
    return quoted() + "." + table;
  }
}
