package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The numbered SQL of this version, and its way into a database. */
final class Migrations {
  private static final String FOLDER = "io/llmlog/jdbc/migration";

  /** In order; a test compares them with the folder, which a jar does not list. */
  static final List<String> FILES =
      List.of("V1__llm_logs.sql", "V2__rollup.sql", "V3__contents.sql", "V4__views.sql");

  private Migrations() {}

  /** The number of the newest. */
  static int newest() {
    return FILES.size();
  }

  /** The SQL of one, with the schema filled in. */
  static String sql(String file, SchemaName schema) {
    return resource("/" + FOLDER + "/" + file, schema);
  }

  /** A text of the jar, with the schema filled in. */
  static String resource(String path, SchemaName schema) {
    try (InputStream in = Migrations.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("${schema}", schema.quoted());
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  /** Runs what is missing; Flyway locks its history against other processes. */
  static void run(DataSource database, SchemaName schema) {
    Flyway.configure(Migrations.class.getClassLoader())
        .loggers(FlywayLog.class.getName())
        .dataSource(database)
        .locations("classpath:" + FOLDER)
        .placeholders(Map.of("schema", schema.quoted()))
        .defaultSchema(schema.name())
        .schemas(schema.name())
        .createSchemas(false)
        .table(Schema.HISTORY)
        // A schema such as public may hold tables of others.
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .cleanDisabled(true)
        .load()
        .migrate();
  }
}
