package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.usage.Usage;
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
      "day or hour (UTC); dearest first. A cost that is not known is shown so, and is in no sum."
    })
final class CostCommand implements Callable<Integer> {
  /** Sums over all of a large table take their time. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(10);

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

  @ArgGroup private @Nullable Form form;

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
  public Integer call() throws CommandException, InterruptedException {
    Environment environment = console.environment();
    UsageQuery question = question();
    PostgresUrl url = Databases.forReading(environment);
    environment.throwIfWrong();
    UsageQueries queries =
        new UsageQueries(
            new PostgresDataSource(url, ANSWER_TIMEOUT), Databases.schema(environment));
    List<Usage> rows = Databases.ask(url, () -> queries.ask(question));
    if (form != null && form.csv) {
      console.printRaw(CostReport.csv(by, rows));
      return Main.DONE;
    }
    Usage total = Databases.ask(url, () -> queries.total(question.from(), question.to()));
    if (form != null && form.json) {
      console.print(CostReport.json(by, rows, total));
    } else {
      CostReport.text(by, rows, total).forEach(console::print);
    }
    return Main.DONE;
  }

  private UsageQuery question() throws CommandException {
    Instant start = time("--from", from);
    Instant end = time("--to", to);
    if (start != null && end != null && end.isBefore(start)) {
      throw CommandException.wrongUsage("--to " + to + ": must not be before --from " + from);
    }
    return UsageQuery.groupedBy(by.toArray(new Dimension[0])).between(start, end);
  }

  private static @Nullable Instant time(String option, @Nullable String text)
      throws CommandException {
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
