package io.llmlog.benchmarks;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.CallFilter;
import io.llmlog.jdbc.usage.CallFilter.Outcome;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreStatus;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.LoggerFactory;

/**
 * How long each answer of the dashboard takes over many rows, and whether any of them reads the
 * rows without a bound. Each request is made over HTTP; those of the first columns ask what nobody
 * asked before, those of the last one what was just answered.
 *
 * <p>Takes the number of rows, 20 million of twelve months unless given; or {@code --database URL
 * --schema NAME} of tables that are filled already, such as by {@link StoreReport}, which nothing
 * is written to.
 */
public final class PagesReport implements AutoCloseable {
  private static final int CALLS = 30;
  private static final int WARM_UP = 3;
  private static final double WANTED_MS = 200;
  private static final String LINE = "%-10s %-34s %9s %9s %9s %s%n";

  private static final Map<String, Duration> RANGES = new TreeMap<>();

  static {
    RANGES.put("1: 24 h", Duration.ofDays(1));
    RANGES.put("2: 7 d", Duration.ofDays(7));
    RANGES.put("3: 30 d", Duration.ofDays(30));
    RANGES.put("4: 12 mo", Duration.ofDays(365));
  }

  /** Path and parameters, without the range. */
  private static final List<String> ASKED =
      List.of(
          "overview?by=model",
          "overview?by=company",
          "overview?by=action&company=7",
          "overview?by=company&model=gpt-4o-mini-3",
          "companies?sort=cost",
          "companies?sort=trend&limit=1000",
          "companies.csv?sort=calls",
          "calls?limit=50",
          "calls?limit=200&company=7",
          "calls?limit=50&model=gpt-4o-mini-3",
          "calls?limit=50&error=any");

  private final PostgresUrl url;
  private final SchemaName schema;
  private final ReadDatabase database;
  private final Instant newest;
  private boolean unbounded;

  private PagesReport(String url, SchemaName schema) throws Exception {
    this.url = PostgresUrl.parse(url);
    this.schema = schema;
    // As a worker has it.
    this.database =
        ReadDatabase.pooled(
            this.url, null, Duration.ofMinutes(1), LoggerFactory.getLogger(PagesReport.class));
    Instant last =
        StoreStatus.read(new PostgresDataSource(this.url, Duration.ofMinutes(1)), schema)
            .newestRow();
    this.newest = (last == null ? Instant.now() : last).truncatedTo(ChronoUnit.HOURS);
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 4
        && arguments[0].equals("--database")
        && arguments[2].equals("--schema")) {
      try (PagesReport report = new PagesReport(arguments[1], new SchemaName(arguments[3]))) {
        System.exit(report.run() ? 0 : 1);
      }
    }
    if (arguments.length > 1 || (arguments.length == 1 && !arguments[0].matches("[0-9]{1,12}"))) {
      System.err.println("Usage: benchmarks/run --pages [ROWS | --database URL --schema NAME]");
      System.exit(2);
    }
    long rows = arguments.length == 0 ? 20_000_000 : Long.parseLong(arguments[0]);
    boolean good;
    try (PostgresServer server =
        PostgresServer.embedded()
            .setting("shared_buffers", "1GB")
            .setting("max_wal_size", "8GB")
            .start()) {
      SchemaName schema = new SchemaName("analytics");
      String url = server.createDatabase("pages");
      fill(url, schema, rows);
      try (PagesReport report = new PagesReport(url, schema)) {
        good = report.run();
      }
    }
    System.exit(good ? 0 : 1);
  }

  private static void fill(String url, SchemaName schema, long rows) throws Exception {
    Instant now = Instant.now();
    YearMonth month = YearMonth.from(now.atZone(ZoneOffset.UTC));
    Instant first = month.minusMonths(11).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    // Each makes the partitions of its month and of three more.
    for (int monthsAgo : new int[] {11, 7, 3, 0}) {
      new Schema(PostgresUrl.parse(url), schema)
          .apply(
              false,
              month.minusMonths(monthsAgo).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    }
    try (Connection connection = PostgresServer.connect(url)) {
      new GeneratedRows(first, now, rows).fill(connection, schema.table("llm_logs"));
    }
    new TableMaintenance(
            new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(15)),
            schema,
            new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5)),
            null)
        .run(now);
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE");
      statement.execute("CHECKPOINT");
    }
  }

  /** Answers whether all reading is bounded. */
  private boolean run() throws Exception {
    StoreState state = StoreState.read(database, schema);
    System.out.printf(
        Locale.ROOT,
        "%n%,d rows (an estimate), %,d MB, newest %s, %d processors; times in ms%n%n",
        state.slices().stream()
            .filter(slice -> slice.table().equals("llm_logs"))
            .mapToLong(StoreState.Slice::estimatedRows)
            .sum(),
        state.bytes() >> 20,
        newest,
        Runtime.getRuntime().availableProcessors());
    System.out.printf(LINE, "range", "question", "median", "p95", "cached", "");
    try (PagesServer server = new PagesServer(url, schema, database)) {
      for (Map.Entry<String, Duration> range : RANGES.entrySet()) {
        for (String asked : ASKED) {
          measure(server, range.getKey().substring(3), range.getValue(), asked);
        }
      }
      String call = server.newestCall(newest);
      row("", "calls/{event_id}", times(server, n -> call), times(server, n -> call));
      for (String path : List.of("pipeline", "dead-letters")) {
        row("", path, times(server, n -> path), times(server, n -> path));
      }
    }
    double[] looks = new double[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long start = System.nanoTime();
      StoreState.read(database, schema);
      looks[i] = (System.nanoTime() - start) / 1e6;
    }
    row("", "state of the store, for the watch", looks, looks);
    System.out.println();
    checkPlans();
    System.out.println(
        unbounded
            ? "Rows are read without a bound."
            : "No question reads rows without a bound, and usage reads none at all.");
    return !unbounded;
  }

  private interface Paths {
    String path(int number);
  }

  private void measure(PagesServer server, String range, Duration length, String asked)
      throws Exception {
    // Another hour each time is another question, which no cache knows.
    Paths fresh = n -> ranged(asked, newest.minus(n, ChronoUnit.HOURS), length);
    double[] uncached = times(server, fresh);
    row(range, asked, uncached, times(server, n -> fresh.path(CALLS - 1)));
  }

  private static String ranged(String asked, Instant end, Duration length) {
    return asked + "&from=" + end.minus(length) + "&to=" + end;
  }

  private static double[] times(PagesServer server, Paths paths) throws Exception {
    for (int i = 1; i <= WARM_UP; i++) {
      server.get(paths.path(CALLS + i));
    }
    double[] times = new double[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long start = System.nanoTime();
      server.get(paths.path(i));
      times[i] = (System.nanoTime() - start) / 1e6;
    }
    return times;
  }

  private static void row(String range, String what, double[] uncached, double[] cached) {
    System.out.printf(
        Locale.ROOT,
        LINE,
        range,
        what,
        "%.1f".formatted(rank(uncached, 0.5)),
        "%.1f".formatted(rank(uncached, 0.95)),
        "%.1f".formatted(rank(cached, 0.5)),
        rank(uncached, 0.5) < WANTED_MS ? "" : "over " + (int) WANTED_MS);
  }

  private static double rank(double[] times, double share) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }

  /** What the planner says of every kind of question and range. */
  private void checkPlans() throws Exception {
    UsageQueries usage = new UsageQueries(database, schema);
    CallQueries calls = new CallQueries(database, schema);
    for (Duration length : RANGES.values()) {
      Instant from = newest.minus(length);
      for (UsageQuery question : questions()) {
        String plan = String.join("\n", usage.plan(question.between(from, newest)));
        if (plan.contains("llm_logs")) {
          complain(question + ": reads rows", plan);
        }
      }
      for (CallFilter filter : filters(CallFilter.between(from, newest))) {
        for (Cursor after :
            Arrays.asList(null, new Cursor(newest.minusSeconds(60), new UUID(0, 0)))) {
          String plan = String.join("\n", calls.plan(filter, after, CallQueries.MOST));
          if (!plan.contains("Limit") || !plan.contains("created_at >= ")) {
            complain(filter + ": has no bound", plan);
          }
        }
      }
    }
  }

  private static List<UsageQuery> questions() {
    List<UsageQuery> questions = new ArrayList<>();
    for (Dimension by : Dimension.values()) {
      if (by != Dimension.USER) {
        questions.add(UsageQuery.groupedBy(by));
        questions.add(UsageQuery.groupedBy(by).where(Dimension.COMPANY, "7").withLatency());
        questions.add(UsageQuery.groupedBy(Dimension.HOUR, by).where(Dimension.MODEL, null));
      }
    }
    return questions;
  }

  private static List<CallFilter> filters(CallFilter all) {
    return List.of(
        all,
        all.where(Dimension.COMPANY, "7"),
        all.where(Dimension.MODEL, "gpt-4o-mini-3"),
        all.where(Dimension.USER, "7"),
        all.ended(Outcome.FAILED),
        all.ofTrace("none"),
        all.ofSession("none").where(Dimension.ACTION, "action.3"));
  }

  @Override
  public void close() {
    database.close();
  }

  private void complain(String what, String plan) {
    unbounded = true;
    System.out.println(what + System.lineSeparator() + plan);
  }
}
