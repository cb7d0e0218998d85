package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.rollup.Rollup;
import io.llmlog.jdbc.rollup.Rollup.Checked;
import io.llmlog.jdbc.rollup.Rollup.Rebuilt;
import io.llmlog.jdbc.rollup.RollupException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAmount;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The rollup by the hour, held against the rows. */
@Command(
    name = "rollup",
    description = "Compares the rollup by the hour with the rows, and mends it.")
final class RollupCommand {
  private static final int MAX_LIMIT = 10_000;
  private static final Duration DEFAULT_RANGE = Duration.ofHours(24);

  /** A rollup, and where that is. */
  private record Place(PostgresUrl url, Rollup rollup) {
    /** By the maintenance role for both: a writer may not read rows, nor a reader the tables. */
    static Place of(Console console, Clock clock) {
      Environment environment = console.environment();
      PostgresUrl url = Databases.forMaintenance(environment);
      environment.throwIfWrong();
      return new Place(
          url,
          new Rollup(
              new PostgresDataSource(url, Rollup.STEP_TIMEOUT.plusSeconds(5)),
              Databases.schema(environment),
              shorter(
                  environment.get(Settings.RETENTION),
                  environment.get(Settings.ROLLUP_RETENTION),
                  clock),
              clock));
    }

    private static TemporalAmount shorter(TemporalAmount rows, TemporalAmount rollup, Clock clock) {
      ZonedDateTime now = clock.instant().atZone(ZoneOffset.UTC);
      return now.minus(rows).isAfter(now.minus(rollup)) ? rows : rollup;
    }

    <T> T ask(Callable<T> question) throws CommandException, InterruptedException {
      return Databases.ask(
          url,
          () -> {
            try {
              return question.call();
            } catch (RollupException e) {
              throw CommandException.failed(String.valueOf(e.getMessage()), e);
            }
          });
    }
  }

  /** From where on. */
  private static final class Start {
    @Option(
        names = "--from",
        required = true,
        paramLabel = "TIME",
        description =
            "In the first hour: 2026-11-01, or 2026-11-01T09:30:00Z. UTC unless it says so.")
    private @Nullable String from;

    @Option(
        names = "--all",
        required = true,
        description = "All hours within retention, month for month of rows: may take long.")
    private boolean all;

    private Instant first(Rollup rollup) throws CommandException {
      Instant first = all ? rollup.oldest() : CostCommand.time("--from", from);
      if (first == null) {
        throw CommandException.wrongUsage("--from or --all must be given");
      }
      return first;
    }
  }

  private static @Nullable Instant end(@Nullable String to, Instant from) throws CommandException {
    Instant end = CostCommand.time("--to", to);
    if (end != null && !end.isAfter(from)) {
      throw CommandException.wrongUsage("--to " + to + ": must be after the begin, " + from);
    }
    return end;
  }

  /** Compares. */
  @Command(
      name = "check",
      description = {
        "Compares the rollup with the rows, hour by hour, beside running writers: those of the last",
        "24 hours unless told otherwise. Exit code 1 where they differ."
      })
  static final class Check implements Callable<Integer> {
    private final Console console;
    private final Clock clock;

    @ArgGroup private @Nullable Start start;

    @Option(
        names = "--to",
        paramLabel = "TIME",
        description = "The end; an hour that it is in counts wholly. Without: all that there is.")
    private @Nullable String to;

    @Option(
        names = "--limit",
        defaultValue = "20",
        paramLabel = "N",
        description =
            "List at most so many differing keys, 1 to "
                + MAX_LIMIT
                + " (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    Check(Console console, Clock clock) {
      this.console = console;
      this.clock = clock;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      if (limit < 1 || limit > MAX_LIMIT) {
        throw CommandException.wrongUsage("--limit " + limit + ": must be 1 to " + MAX_LIMIT);
      }
      Place place = Place.of(console, clock);
      Rollup rollup = place.rollup();
      Instant from = start == null ? clock.instant().minus(DEFAULT_RANGE) : start.first(rollup);
      Instant end = end(to, from);
      Checked checked = place.ask(() -> rollup.check(from, end, limit));
      if (json) {
        console.print(RollupText.json(checked));
      } else if (checked.keys() > 0) {
        RollupText.table(checked.first()).forEach(console::print);
      } else {
        console.print("the rollup says what the rows say");
      }
      if (checked.keys() == 0) {
        return Main.DONE;
      }
      console.say(RollupText.remedy(checked));
      return Main.FAILED;
    }
  }

  /** Mends. */
  @Command(
      name = "rebuild",
      description = {
        "Makes the rollup say what the rows say, hour by hour, beside running writers. Refuses hours",
        "whose rows may be gone. May be stopped and repeated."
      })
  static final class Rebuild implements Callable<Integer> {
    private final Console console;
    private final Clock clock;

    @ArgGroup(multiplicity = "1")
    private Start start = new Start();

    @Option(
        names = "--to",
        paramLabel = "TIME",
        description = "The end; an hour that it is in counts wholly. Without: all that there is.")
    private @Nullable String to;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    Rebuild(Console console, Clock clock) {
      this.console = console;
      this.clock = clock;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      Place place = Place.of(console, clock);
      Rollup rollup = place.rollup();
      Instant from = start.first(rollup);
      Instant end = end(to, from);
      Rebuilt rebuilt = place.ask(() -> rollup.rebuild(from, end));
      console.print(
          json
              ? new JsonLine().put("hours", rebuilt.hours()).put("keys", rebuilt.keys()).toString()
              : "mended %d keys in %d hours".formatted(rebuilt.keys(), rebuilt.hours()));
      return Main.DONE;
    }
  }
}
