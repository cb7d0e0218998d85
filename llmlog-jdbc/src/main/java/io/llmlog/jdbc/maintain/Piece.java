package io.llmlog.jdbc.maintain;

import org.jspecify.annotations.Nullable;

/**
 * A table that is, was or will be a partition.
 *
 * @param schema where it stands
 * @param name without the schema
 * @param plain whether it is an ordinary table
 * @param note its comment
 * @param range what it holds; null: it is the DEFAULT partition, or says nothing of it
 */
record Piece(
    String schema, String name, boolean plain, @Nullable String note, @Nullable Range range) {

  /** Ready for a statement. */
  String quoted() {
    return quote(schema) + "." + quote(name);
  }

  static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
