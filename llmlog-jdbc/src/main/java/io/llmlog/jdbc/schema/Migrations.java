package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/** The numbered SQL of this version. */
final class Migrations {
  private static final String FOLDER = "/io/llmlog/jdbc/migration/";

  /** In order; a test compares them with the folder, which a jar does not list. */
  static final List<String> FILES =
      List.of(
          "V1__llm_logs.sql",
          "V2__rollup.sql",
          "V3__contents.sql",
          "V4__views.sql",
          "V5__smaller_indexes.sql",
          "V6__daily.sql");

  private Migrations() {}

  /** The number of the newest. */
  static int newest() {
    return FILES.size();
  }

  /** The SQL of one, with the schema filled in. */
  static String sql(String file, SchemaName schema) {
    return resource(FOLDER + file, schema);
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
