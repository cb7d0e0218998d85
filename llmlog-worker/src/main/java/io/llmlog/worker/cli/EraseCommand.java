package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Erase;
import io.llmlog.jdbc.maintain.Erase.Erased;
import io.llmlog.jdbc.maintain.Erase.Person;
import io.llmlog.jdbc.schema.Schema;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Takes one person out of the tables. */
@Command(
    name = "erase",
    description = {
      "Erases one person: prompts, answers and dead letters are deleted, identity and texts of the",
      "rows blanked; their figures stay, so that costs stay true. There is no way back. May be",
      "stopped and repeated."
    })
final class EraseCommand implements Callable<Integer> {
  /** Longer than the eraser lets one statement take. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(65);

  private final Console console;

  @ArgGroup(multiplicity = "1")
  private Whom whom = new Whom();

  @Option(names = "--dry-run", description = "Only count what would be erased.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** By one of the two identities. */
  private static final class Whom {
    @Option(
        names = "--user",
        required = true,
        paramLabel = "ID",
        description = "Whose user_id this is, a whole number.")
    private @Nullable Long user;

    @Option(
        names = "--end-user",
        required = true,
        paramLabel = "TEXT",
        description = "Whose end_user this is, to the letter.")
    private @Nullable String endUser;

    private Person person() throws CommandException {
      if (user != null) {
        return Person.byUserId(user);
      }
      String text = String.valueOf(endUser);
      try {
        return Person.byEndUser(text);
      } catch (IllegalArgumentException e) {
        throw CommandException.wrongUsage("--end-user " + text + ": " + e.getMessage());
      }
    }
  }

  EraseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    Person person = whom.person();
    Environment environment = console.environment();
    PostgresUrl url = Databases.forMaintenance(environment);
    environment.throwIfWrong();
    SchemaName name = Databases.schema(environment);
    Schema schema = new Schema(url, name);
    String problem = schema.problem(Databases.ask(url, schema::status));
    if (problem != null) {
      throw CommandException.failed(problem);
    }
    Erase erase = new Erase(new PostgresDataSource(url, ANSWER_TIMEOUT), name);
    report(Databases.ask(url, () -> erase.run(person, dryRun)));
    return Main.DONE;
  }

  private void report(Erased erased) {
    if (json) {
      console.print(
          new JsonLine()
              .put("rows", erased.rows())
              .put("contents", erased.contents())
              .put("dead_letters", erased.deadLetters())
              .put("unread_dead_letters", erased.unreadLetters())
              .putJson("dry_run", Boolean.toString(dryRun))
              .toString());
    } else {
      String would = dryRun ? "to be " : "";
      console.print("rows " + would + "blanked: " + erased.rows());
      console.print("contents " + would + "deleted: " + erased.contents());
      console.print("dead letters " + would + "deleted: " + erased.deadLetters());
    }
    if (erased.unreadLetters() > 0) {
      console.say(
          erased.unreadLetters()
              + " dead letters cannot be read, so that nobody knows whose they are; they stay:"
              + " llmlog dead-letters list --content shows them, discard throws them away");
    }
  }
}
