package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.SchemaName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The numbered SQL of this version. */
final class Migrations {
  private static final String FOLDER = "/io/llmlog/jdbc/migration/";
  private static final String TIMESCALE = "/io/llmlog/jdbc/timescale/";

  /** Those that make a partitioned table; beside each is the SQL that makes it a hypertable. */
  private static final Set<String> PARTITIONED = Set.of("V1__llm_logs.sql", "V3__contents.sql");

  /** In order; a test compares them with the folder, which a jar does not list. */
  static final List<String> FILES =
      List.of(
          "V1__llm_logs.sql",
          "V2__rollup.sql",
          "V3__contents.sql",
          "V4__views.sql",
          "V5__smaller_indexes.sql",
          "V6__daily.sql",
          "V7__faster_rollup.sql",
          "V8__monthly.sql",
          "V9__rollup_without_waiting.sql",
          "V10__smaller_rows.sql",
          "V11__one_addition.sql");

  private Migrations() {}

  /** The number of the newest. */
  static int newest() {
    return FILES.size();
  }

  /** The SQL of one, with the schema filled in. */
  static String sql(String file, SchemaName schema) {
    return resource(FOLDER + file, schema);
  }

  /** All SQL of these on an empty database. */
  static String all(List<String> files, SchemaName schema, Partitioning partitioning) {
    boolean timescale = partitioning == Partitioning.TIMESCALE;
    String namespace = Timescale.USUAL_NAMESPACE;
    StringBuilder sql = new StringBuilder();
    sql.append("CREATE SCHEMA IF NOT EXISTS ").append(schema.quoted()).append(";\n");
    if (timescale) {
      sql.append('\n').append(extension(schema));
    }
    for (String file : files) {
      sql.append("\n-- ").append(file).append('\n').append(sql(file, schema));
      String hypertable = timescale ? hypertable(file, schema, namespace) : null;
      if (hypertable != null) {
        sql.append('\n').append(hypertable);
      }
    }
    if (timescale) {
      sql.append('\n').append(compression(schema, namespace));
    }
    return sql.toString();
  }

  /**
   * What follows a migration where hypertables are wanted; null after most.
   *
   * @param namespace the schema of TimescaleDB's functions, quoted
   */
  static @Nullable String hypertable(String file, SchemaName schema, String namespace) {
    return PARTITIONED.contains(file) ? timescale(file, schema, namespace) : null;
  }

  /** Makes the extension. */
  static String extension(SchemaName schema) {
    return resource(TIMESCALE + "extension.sql", schema);
  }

  /** Sets up compression, after all migrations; may be run again. */
  static String compression(SchemaName schema, String namespace) {
    return timescale("compression.sql", schema, namespace);
  }

  private static String timescale(String file, SchemaName schema, String namespace) {
    return resource(TIMESCALE + file, schema).replace("${timescaledb}", namespace);
  }

  /** A text of the jar, with the schema filled in. */
  static String resource(String path, SchemaName schema) {
    return text(path).replace("${schema}", schema.quoted());
  }

  /**
   * What the history remembers of a file's text: the CRC-32 of its lines without their ends, so
   * that a checkout with other line ends is the same file. Flyway's is the same number.
   */
  static int checksum(String file) {
    CRC32 crc = new CRC32();
    text(FOLDER + file).lines().forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    return (int) crc.getValue();
  }

  private static String text(String path) {
    try (InputStream in = Migrations.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }
}
