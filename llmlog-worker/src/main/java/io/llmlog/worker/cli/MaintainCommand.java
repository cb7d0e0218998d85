package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Archive;
import io.llmlog.jdbc.maintain.MaintenanceReport;
import io.llmlog.jdbc.maintain.Partitions.Stuck;
import io.llmlog.jdbc.maintain.Restore;
import io.llmlog.jdbc.maintain.Restore.Restored;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One round of what the worker does each hour. */
@Command(
    name = "maintain",
    description = {
      "Makes partitions ahead, brings misplaced rows to theirs, and drops what is past retention:",
      "one round of what a worker does each hour. Exit code 1 when something is stuck.",
      "With --restore: brings an archive back instead, and does nothing else."
    })
final class MaintainCommand implements Callable<Integer> {
  /** Longer than any step takes. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(15);

  private final Console console;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(names = "--dry-run", description = "Say what would be done, and do nothing.")
  private boolean dryRun;

  @Option(
      names = "--archive",
      paramLabel = "DIR",
      description = "Keep what is dropped as files in there, instead of LLMLOG_ARCHIVE_DIR.")
  private @Nullable String directory;

  @Option(
      names = "--restore",
      paramLabel = "FILE",
      description = "Bring the partition of this archive back.")
  private @Nullable String file;

  MaintainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    if (file != null && (dryRun || directory != null)) {
      throw CommandException.wrongUsage(
          "--restore " + file + ": must stand without --dry-run and --archive");
    }
    Environment environment = console.environment();
    PostgresUrl url = Databases.forMaintenance(environment);
    Archive archive = file == null ? archive(environment) : null;
    environment.throwIfWrong();
    if (file != null) {
      restore(url, Databases.schema(environment), file);
      return Main.DONE;
    }
    Retention retention =
        new Retention(
            environment.get(Settings.RETENTION),
            environment.get(Settings.CONTENT_RETENTION),
            environment.get(Settings.ROLLUP_RETENTION));
    TableMaintenance tables =
        new TableMaintenance(
            new PostgresDataSource(url, ANSWER_TIMEOUT),
            Databases.schema(environment),
            retention,
            archive);
    Instant now = Clock.systemUTC().instant();
    MaintenanceReport report =
        Databases.ask(url, () -> dryRun ? tables.preview(now) : tables.run(now));
    if (json) {
      console.print(json(report));
    } else {
      print(report);
    }
    if (report.elsewhere()) {
      console.say("another process is at it; nothing was done here");
    }
    for (Stuck stuck : report.stuck()) {
      console.say(stuck.partition() + ": " + stuck.reason());
    }
    return report.stuck().isEmpty() ? Main.DONE : Main.FAILED;
  }

  /** Null: what is dropped is not kept. */
  private @Nullable Archive archive(Environment environment) throws CommandException {
    if (directory != null) {
      try {
        return Archive.in(Path.of(directory));
      } catch (IllegalArgumentException e) {
        // Also of a text that is no path.
        throw CommandException.wrongUsage("--archive " + directory + ": " + e.getMessage());
      }
    }
    Path configured = environment.find(Settings.ARCHIVE_DIR);
    if (configured != null) {
      try {
        return Archive.in(configured);
      } catch (IllegalArgumentException e) {
        environment.reject(Settings.ARCHIVE_DIR, String.valueOf(e.getMessage()));
      }
    }
    return null;
  }

  private void restore(PostgresUrl url, SchemaName schema, String name)
      throws CommandException, InterruptedException {
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw CommandException.wrongUsage("--restore " + name + ": must be a file");
    }
    Restore restore = new Restore(new PostgresDataSource(url, ANSWER_TIMEOUT), schema);
    Restored restored = Databases.ask(url, () -> restore.run(path));
    if (json) {
      console.print(
          new JsonLine()
              .put("table", restored.table())
              .put("from", restored.from().toString())
              .put("to", restored.to().toString())
              .put("rows", restored.rows())
              .toString());
    } else {
      console.print(
          "restored %s: %d rows, from %s to %s"
              .formatted(
                  Console.printable(restored.table()),
                  restored.rows(),
                  restored.from(),
                  restored.to()));
    }
  }

  private void print(MaintenanceReport report) {
    String would = dryRun ? "would be " : "";
    print("partitions " + would + "made", report.created());
    print("rows " + would + "moved out of DEFAULT", counts(report.moved()));
    print("partitions " + would + "dropped", report.dropped());
    print("rows past retention " + would + "deleted", counts(report.deleted()));
    print("partitions", counts(report.partitions()));
    print("rows in DEFAULT", counts(report.defaultRows()));
  }

  private void print(String what, List<String> items) {
    console.print(
        what + ": " + (items.isEmpty() ? "none" : Console.printable(String.join(", ", items))));
  }

  private static List<String> counts(Map<String, Long> counts) {
    return counts.entrySet().stream().map(one -> one.getKey() + " " + one.getValue()).toList();
  }

  private static String json(MaintenanceReport report) {
    return new JsonLine()
        .putJson("elsewhere", Boolean.toString(report.elsewhere()))
        .putJson("created", array(report.created()))
        .put("moved", report.moved())
        .putJson("dropped", array(report.dropped()))
        .put("deleted", report.deleted())
        .put("partitions", report.partitions())
        .put("default_rows", report.defaultRows())
        .putJson(
            "stuck",
            report.stuck().stream()
                .map(
                    one ->
                        new JsonLine()
                            .put("what", one.partition())
                            .put("reason", one.reason())
                            .toString())
                .collect(Collectors.joining(", ", "[", "]")))
        .toString();
  }

  private static String array(List<String> texts) {
    return texts.stream().map(JsonLine::quoted).collect(Collectors.joining(", ", "[", "]"));
  }
}
