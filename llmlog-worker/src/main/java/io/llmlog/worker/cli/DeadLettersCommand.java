package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.DeadLetterBox.Filter;
import io.llmlog.jdbc.DeadLetterBox.Letter;
import io.llmlog.jdbc.DeadLetterBox.Replayed;
import io.llmlog.jdbc.PostgresUrl;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** What could not be stored, and what becomes of it. */
@Command(
    name = "dead-letters",
    description = {
      "Shows, tries again or throws away the messages that could not become rows;",
      "releases batches of which too much could not."
    })
final class DeadLettersCommand {
  private static final int PAGE = 500;
  private static final int MAX_LIMIT = 10_000;

  /** The box of a database, and where that is. */
  private record Place(PostgresUrl url, DeadLetterBox box) {
    static Place forMaintenance(Console console) {
      Environment environment = console.environment();
      PostgresUrl url = Databases.forMaintenance(environment);
      environment.throwIfWrong();
      return new Place(
          url,
          new DeadLetterBox(
              url,
              Databases.schema(environment),
              environment.get(Settings.RETENTION),
              environment.get(Settings.CAPTURE_CONTENT)
                  ? environment.get(Settings.CONTENT_RETENTION)
                  : null,
              Clock.systemUTC()));
    }

    /** A mistyped id is no reason to do half of what was asked. */
    void checkKnown(Set<UUID> ids) throws CommandException, InterruptedException {
      Set<UUID> unknown = Databases.ask(url, () -> box.unknown(ids));
      if (!unknown.isEmpty()) {
        throw CommandException.failed(
            unknown.stream().map(UUID::toString).collect(Collectors.joining(", "))
                + ": no such dead letter; nothing was done");
      }
    }
  }

  /** Ids as people copy them. */
  private static final class Id implements ITypeConverter<UUID> {
    @Override
    public UUID convert(String text) {
      if (!text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
        throw new TypeConversionException(
            "'" + text + "' must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057");
      }
      return UUID.fromString(text);
    }
  }

  /** All, or these. Never all because nothing was said. */
  private static final class Which {
    @Option(names = "--all", required = true, description = "All dead letters.")
    private boolean all;

    @Parameters(
        arity = "1..*",
        paramLabel = "ID",
        converter = Id.class,
        description = "The ids of dead letters, as list shows them.")
    private List<UUID> ids = List.of();

    /** The ids, or null for all. */
    private @Nullable Set<UUID> chosen(Place place) throws CommandException, InterruptedException {
      if (all) {
        return null;
      }
      Set<UUID> chosen = new TreeSet<>(ids);
      place.checkKnown(chosen);
      return chosen;
    }
  }

  /** Says what there is. */
  @Command(
      name = "list",
      description = {
        "Shows dead letters, the last seen first, and why each is no row.",
        "What the message says is shown by --content alone: it may be private."
      })
  static final class Show implements Callable<Integer> {
    private final Console console;

    @Option(
        names = "--limit",
        defaultValue = "100",
        paramLabel = "N",
        description = "At most so many, 1 to " + MAX_LIMIT + " (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        description = "Only those whose reason holds this text, in whatever case.")
    private @Nullable String reason;

    @Option(
        names = "--content",
        description =
            "Show the beginning of each message, at most " + DeadLetterBox.SHOWN_BYTES + " bytes.")
    private boolean content;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Parameters(
        arity = "0..*",
        paramLabel = "ID",
        converter = Id.class,
        description = "Only these.")
    private List<UUID> ids = List.of();

    Show(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      if (limit < 1 || limit > MAX_LIMIT) {
        throw CommandException.wrongUsage("--limit " + limit + ": must be 1 to " + MAX_LIMIT);
      }
      // The messages themselves are shown, which a writer may not see.
      Place place = Place.forMaintenance(console);
      Set<UUID> chosen = ids.isEmpty() ? null : new TreeSet<>(ids);
      if (chosen != null) {
        place.checkKnown(chosen);
      }
      Filter filter = new Filter(chosen, reason);
      long total = Databases.ask(place.url(), () -> place.box().count(filter));
      List<Letter> letters = letters(place, filter);
      if (json) {
        console.print(DeadLetterReport.json(total, letters, content));
      } else if (letters.isEmpty()) {
        console.print("no dead letters");
      } else {
        DeadLetterReport.text(letters, content).forEach(console::print);
      }
      if (total > letters.size()) {
        console.say("%d of %d are shown; see --limit".formatted(letters.size(), total));
      }
      return Main.DONE;
    }

    private List<Letter> letters(Place place, Filter filter)
        throws CommandException, InterruptedException {
      List<Letter> letters = new ArrayList<>();
      while (letters.size() < limit) {
        int size = Math.min(PAGE, limit - letters.size());
        Letter last = letters.isEmpty() ? null : letters.get(letters.size() - 1);
        List<Letter> page =
            Databases.ask(place.url(), () -> place.box().list(filter, last, size, content));
        letters.addAll(page);
        if (page.size() < size) {
          break;
        }
      }
      return letters;
    }
  }

  /** Tries again what is mended now. */
  @Command(
      name = "replay",
      description = {
        "Tries dead letters again, after their cause was mended: a good one becomes its row, once,",
        "with the id and the time that it had; a bad one stays. May be stopped and repeated."
      })
  static final class Replay implements Callable<Integer> {
    private final Console console;

    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    Replay(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      Place place = Place.forMaintenance(console);
      Set<UUID> chosen = which.chosen(place);
      Replayed replayed = Databases.ask(place.url(), () -> place.box().replay(chosen));
      console.print(
          new JsonLine()
              .put("replayed", replayed.replayed())
              .put("stored", replayed.stored())
              .put("duplicate", replayed.duplicate())
              .put("still_dead", replayed.stillDead())
              .put("skipped", replayed.skipped())
              .toString());
      if (replayed.stillDead() > 0) {
        console.say(
            replayed.stillDead() + " can still be no row: llmlog dead-letters list says why");
      }
      if (replayed.skipped() > 0) {
        console.say(replayed.skipped() + " were not tried: another replay has them, or had them");
      }
      return Main.DONE;
    }
  }

  /** Throws away what nobody will mend. */
  @Command(
      name = "discard",
      description = "Throws dead letters away, with their messages. There is no way back.")
  static final class Discard implements Callable<Integer> {
    private final Console console;

    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    Discard(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws CommandException, InterruptedException {
      Place place = Place.forMaintenance(console);
      Set<UUID> chosen = which.chosen(place);
      int discarded = Databases.ask(place.url(), () -> place.box().discard(chosen));
      console.print(new JsonLine().put("discarded", discarded).toString());
      return Main.DONE;
    }
  }
}
