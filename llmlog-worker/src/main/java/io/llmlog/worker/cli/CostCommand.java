package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the calls cost, by whom or what. */
@Command(
    name = "cost",
    description = {
      "Cost, calls, tokens and errors by company, user, model, action, provider, environment,",
      "day or hour (UTC); dearest first. A cost that is not known is shown so, and is in no sum.",
      "Users are counted from the rows, of at most 400 days, the last 31 unless --from says."
    })
final class CostCommand implements Callable<Integer> {
  /** Sums over all of a large table take their time. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(10);

  /** More lag than a replica has that is well. */
  private static final Duration WORTH_SAYING = Duration.ofSeconds(10);

  private final Console console;

  @Option(
      names = "--by",
      split = ",",
      defaultValue = "company",
      paramLabel = "WHAT",
      converter = DimensionName.class,
      description =
          "Group by one or, with commas, several of: company, user, model, action, provider,"
              + " environment, day, hour (default: ${DEFAULT-VALUE}).")
  private List<Dimension> by = List.of(Dimension.COMPANY);

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "The first moment: 2026-11-01, or 2026-11-01T09:30:00Z. UTC unless it says so.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "The first moment after; 2026-12-01 ends with the last of November.")
  private @Nullable String to;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Print the N dearest groups alone; the total stays that of all.")
  private @Nullable Integer top;

  @Option(names = "--latency", description = "Add the error rate and latency percentiles.")
  private boolean latency;

  @ArgGroup(
      exclusive = false,
      heading = "Only calls with this value; '' is for those with none, several are either:%n")
  private Filters filters = new Filters();

  @ArgGroup private @Nullable Form form;

  /** What the calls must be. */
  private static final class Filters {
    @Option(names = "--company", paramLabel = "ID")
    private List<String> companies = new ArrayList<>();

    @Option(names = "--user", paramLabel = "ID|NAME")
    private List<String> users = new ArrayList<>();

    @Option(names = "--model", paramLabel = "NAME")
    private List<String> models = new ArrayList<>();

    @Option(names = "--provider", paramLabel = "NAME")
    private List<String> providers = new ArrayList<>();

    @Option(names = "--action", paramLabel = "NAME")
    private List<String> actions = new ArrayList<>();

    @Option(names = "--environment", paramLabel = "NAME")
    private List<String> environments = new ArrayList<>();

    UsageQuery of(UsageQuery question) {
      UsageQuery narrow = question;
      narrow = add(narrow, Dimension.COMPANY, companies);
      narrow = add(narrow, Dimension.USER, users);
      narrow = add(narrow, Dimension.MODEL, models);
      narrow = add(narrow, Dimension.PROVIDER, providers);
      narrow = add(narrow, Dimension.ACTION, actions);
      return add(narrow, Dimension.ENVIRONMENT, environments);
    }

    private static UsageQuery add(UsageQuery question, Dimension dimension, List<String> values) {
      UsageQuery narrow = question;
      for (String value : values) {
        try {
          narrow = narrow.where(dimension, value.isEmpty() ? null : value);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("--" + e.getMessage(), e);
        }
      }
      return narrow;
    }
  }

  /** How the answer is printed; a table unless set. */
  private static final class Form {
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--csv", description = "Print CSV (RFC 4180), without the total.")
    private boolean csv;
  }

  /** Dimensions as people write them. */
  private static final class DimensionName implements ITypeConverter<Dimension> {
    @Override
    public Dimension convert(String text) {
      for (Dimension dimension : Dimension.values()) {
        if (CostReport.name(dimension).equals(text)) {
          return dimension;
        }
      }
      throw new TypeConversionException(
          "'" + text + "' must be one of " + CostReport.names(List.of(Dimension.values())));
    }
  }

  CostCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException {
    Environment environment = console.environment();
    UsageQuery question = question();
    ReadDatabase database = Databases.forReading(environment, ANSWER_TIMEOUT);
    environment.throwIfWrong();
    UsageAnswer answer;
    try {
      answer = new UsageQueries(database, Databases.schema(environment)).ask(question);
    } catch (IllegalArgumentException e) {
      throw CommandException.wrongUsage(String.valueOf(e.getMessage()));
    } catch (UsageException e) {
      throw CommandException.failed(e.getMessage(), e);
    }
    sayWhatIsOdd(question, answer);
    if (form != null && form.csv) {
      console.printRaw(CostReport.csv(by, answer.groups(), latency));
    } else if (form != null && form.json) {
      console.print(CostReport.json(by, answer));
    } else {
      CostReport.text(by, answer.groups(), answer.total()).forEach(console::print);
    }
    return Main.DONE;
  }

  private void sayWhatIsOdd(UsageQuery question, UsageAnswer answer) {
    if (question.from() == null && answer.from() != null) {
      console.say(
          "users are counted from the rows: since %s, unless --from says otherwise"
              .formatted(answer.from().truncatedTo(ChronoUnit.SECONDS)));
    }
    String fallback = answer.origin().fallback();
    if (fallback != null) {
      console.say("the read replica does not answer, the primary did: " + fallback);
    }
    Duration lag = answer.origin().lag();
    if (lag == null) {
      console.say("the read replica does not know how far it is behind");
    } else if (lag.compareTo(WORTH_SAYING) > 0) {
      console.say(
          "the read replica may be %d s behind: the newest calls are missing"
              .formatted(lag.toSeconds()));
    }
  }

  private UsageQuery question() throws CommandException {
    Instant start = time("--from", from);
    Instant end = time("--to", to);
    if (start != null && end != null && end.isBefore(start)) {
      throw CommandException.wrongUsage("--to " + to + ": must not be before --from " + from);
    }
    if (top != null && top < 1) {
      throw CommandException.wrongUsage("--top " + top + ": must be 1 or more");
    }
    try {
      UsageQuery question =
          filters
              .of(UsageQuery.groupedBy(by.toArray(new Dimension[0])))
              .between(start, end)
              .top(top == null ? Integer.MAX_VALUE : top);
      return latency ? question.withLatency() : question;
    } catch (IllegalArgumentException e) {
      throw CommandException.wrongUsage(String.valueOf(e.getMessage()));
    }
  }

  static @Nullable Instant time(String option, @Nullable String text) throws CommandException {
    if (text == null) {
      return null;
    }
    try {
      if (!text.contains("T")) {
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      }
      return text.matches(".*(Z|[+-]\\d\\d(:?\\d\\d)?)")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw CommandException.wrongUsage(
          option + " " + text + ": must be a date or time such as 2026-11-01 or 2026-11-01T09:30Z");
    }
  }
}
