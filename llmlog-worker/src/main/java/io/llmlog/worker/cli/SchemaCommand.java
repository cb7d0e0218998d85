package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The tables of the analytics database. */
@Command(name = "schema", description = "Makes and shows the tables of the analytics database.")
final class SchemaCommand {
  private static Schema schema(Console console, Function<Environment, PostgresUrl> which) {
    Environment environment = console.environment();
    PostgresUrl url = which.apply(environment);
    environment.throwIfWrong();
    return new Schema(url, Databases.schema(environment), partitioning(environment));
  }

  private static Partitioning partitioning(Environment environment) {
    return Partitioning.of(environment.get(Settings.PARTITIONING));
  }

  /** Brings the tables to the program's version. */
  @Command(name = "apply", description = "Makes the tables, or brings them to this version.")
  static final class Apply implements Callable<Integer> {
    private final Console console;

    @Option(names = "--create-database", description = "Make the database where it is missing.")
    private boolean createDatabase;

    Apply(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      Schema schema = schema(console, Databases::forMaintenance);
      try {
        Schema.Applied applied = schema.apply(createDatabase, Clock.systemUTC().instant());
        if (applied.databaseCreated()) {
          console.print("database created");
        }
        console.print(
            applied.from() == applied.to()
                ? "schema is at version " + applied.to()
                : "schema brought from version " + applied.from() + " to " + applied.to());
        report(applied.partitions());
        if (applied.adopted() != null) {
          report(applied.adopted());
        }
        return Main.DONE;
      } catch (SchemaException e) {
        throw CommandException.failed(String.valueOf(e.getMessage()), e);
      }
    }

    private void report(Schema.Adopted adopted) {
      if (!adopted.blocked().isZero()) {
        console.print(
            "the proposal's table was replaced: writers waited for %d ms at most"
                .formatted(adopted.blocked().toMillis()));
      }
      console.print(
          "rows adopted: %d, in %d ms".formatted(adopted.rows(), adopted.moving().toMillis()));
    }

    private void report(Partitions.Result partitions) {
      if (!partitions.created().isEmpty()) {
        console.print("partitions made: " + String.join(", ", partitions.created()));
      }
      for (Partitions.Stuck stuck : partitions.stuck()) {
        console.say("partition " + stuck.partition() + " could not be made: " + stuck.reason());
      }
    }
  }

  /** Says the version of the tables. */
  @Command(name = "status", description = "Says the version of the tables.")
  static final class Status implements Callable<Integer> {
    private final Console console;

    Status(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws CommandException {
      Schema schema = schema(console, Databases::required);
      try {
        Schema.Status status = schema.status();
        console.print("version in the database: " + status.inDatabase());
        console.print("version of this program: " + status.inProgram());
        Partitioning partitioning = schema.partitioning();
        if (partitioning != null) {
          console.print("partitioning: " + partitioning);
        }
        status.pending().forEach(file -> console.print("to be applied: " + file));
        if (status.adopting()) {
          console.print("rows of the table before wait: run llmlog schema apply");
        }
        return Main.DONE;
      } catch (SchemaException e) {
        throw CommandException.failed(String.valueOf(e.getMessage()), e);
      }
    }
  }

  /** Prints the SQL; connects to nothing. */
  @Command(name = "sql", description = "Prints the SQL that makes the tables.")
  static final class Sql implements Callable<Integer> {
    private final Console console;

    @Option(
        names = "--roles",
        description = {
          "Print the SQL of the roles instead: a writer, a reader and one for maintenance, each",
          "with the rights it needs. For an administrator, after schema apply."
        })
    private boolean roles;

    Sql(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      Environment environment = console.environment();
      environment.throwIfWrong();
      SchemaName name = Databases.schema(environment);
      // The text depends on the schema's name and the partitioning; the URL is never used.
      PostgresUrl nowhere = PostgresUrl.parse("postgresql://localhost/llmlog");
      Schema schema = new Schema(nowhere, name, partitioning(environment));
      console.print((roles ? schema.roles() : schema.sql()).stripTrailing());
      return Main.DONE;
    }
  }
}
