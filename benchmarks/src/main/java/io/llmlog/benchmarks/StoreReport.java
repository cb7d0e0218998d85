package io.llmlog.benchmarks;

import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.MaintenanceReport;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/**
 * The tables at many rows, beside the proposal's table with the same rows on the same server: what
 * an insert costs, what a month cost, how large a row is, and what retention does to a writer.
 *
 * <p>Takes the number of rows, 20 million unless given; half an hour on two cores.
 */
public final class StoreReport {
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final int BATCH = 1000;
  private static final int ROUNDS = 6;
  private static final Duration ROUND = Duration.ofSeconds(10);
  private static final String LINE = "%-52s %14s %14s %10s %12s%n";

  private final PostgresServer server;
  private final long rows;
  private final Instant start = Instant.now();
  private final YearMonth month = YearMonth.from(start.atZone(ZoneOffset.UTC));
  private long events;

  private StoreReport(PostgresServer server, long rows) {
    this.server = server;
    this.rows = rows;
  }

  public static void main(String[] arguments) throws Exception {
    long rows = arguments.length == 0 ? 20_000_000 : Long.parseLong(arguments[0]);
    try (PostgresServer server =
        PostgresServer.embedded()
            .setting("fsync", "on")
            .setting("shared_buffers", "1GB")
            .setting("max_wal_size", "8GB")
            .start()) {
      new StoreReport(server, rows).run();
    }
  }

  private void run() throws Exception {
    String full = create("full");
    String empty = create("empty");
    PostgresServer.execute(full, Proposal.DDL);
    GeneratedRows calls = new GeneratedRows(first(2), start, rows);
    GeneratedRows some = new GeneratedRows(first(0), start, Math.max(1, rows / 20));
    try (Connection connection = PostgresServer.connect(full)) {
      calls.fill(connection, SCHEMA.table("llm_logs"));
      calls.fill(connection, Proposal.TABLE);
    }
    vacuum(full);
    maintenance(full, Period.ofMonths(13)).run(start);
    System.out.printf(
        Locale.ROOT,
        "%n%s; %,d rows from %s to %s, %d rows of the rollup per hour, %d per day, %d processors%n%n",
        text(full, "SELECT 'PostgreSQL ' || current_setting('server_version')"),
        rows,
        first(2),
        start,
        number(full, "SELECT count(*) / count(DISTINCT hour) FROM analytics.llm_log_hourly"),
        number(
            full,
            "SELECT count(*) / greatest(1, count(DISTINCT day)) FROM analytics.llm_log_daily"),
        Runtime.getRuntime().availableProcessors());
    System.out.printf(LINE, "", "llmlog", "beside", "ratio", "wanted");
    size("bytes per row, the proposal's columns", full, Proposal.TABLE, 1.0);
    size(some);
    insertRate(full, empty);
    cost(full);
    retention(full);
  }

  private String create(String name) throws Exception {
    String url = server.createDatabase(name);
    Schema schema = new Schema(PostgresUrl.parse(url), SCHEMA);
    schema.apply(false, first(2));
    schema.apply(false, start);
    return url;
  }

  /** The first moment of the month that was so many months ago. */
  private Instant first(int monthsAgo) {
    return month.minusMonths(monthsAgo).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private void insertRate(String full, String empty) throws Exception {
    List<Double> atFull = new ArrayList<>();
    List<Double> atZero = new ArrayList<>();
    try (EventWriter intoFull = writer(full);
        EventWriter intoEmpty = writer(empty)) {
      rate(intoFull, Duration.ofSeconds(3));
      rate(intoEmpty, Duration.ofSeconds(3));
      for (int round = 0; round < ROUNDS; round++) {
        atFull.add(rate(intoFull, ROUND));
        atZero.add(rate(intoEmpty, ROUND));
      }
    }
    row(
        "rows per second into the full and an empty table",
        median(atFull),
        median(atZero),
        ">= 0.9");
  }

  /** Rows per second of one writer. */
  private double rate(EventWriter writer, Duration time) throws Exception {
    long spent = 0;
    long stored = 0;
    while (spent < time.toNanos()) {
      List<Message> batch = batch();
      long before = System.nanoTime();
      stored += writer.write(batch).stored();
      spent += System.nanoTime() - before;
    }
    return stored * 1e9 / spent;
  }

  private void cost(String full) throws Exception {
    UsageQuery question = UsageQuery.groupedBy(Dimension.COMPANY).between(first(1), first(0));
    List<Double> ours = new ArrayList<>();
    try (ReadDatabase database =
        ReadDatabase.pooled(
            PostgresUrl.parse(full),
            null,
            Duration.ofMinutes(5),
            LoggerFactory.getLogger(StoreReport.class))) {
      UsageQueries queries = new UsageQueries(database, SCHEMA);
      for (int i = 0; i < 41; i++) {
        long before = System.nanoTime();
        queries.ask(question);
        ours.add((System.nanoTime() - before) / 1e6);
      }
    }
    List<Double> theirs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long before = System.nanoTime();
      text(
          full,
          """
          SELECT count(*) FROM (
            SELECT company_id, count(*) AS calls,
              count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL) AS errors,
              sum(tokens_input) AS input, sum(tokens_output) AS output, sum(cost_usd) AS cost,
              count(*) FILTER (WHERE cost_usd IS NULL) AS unknown
            FROM proposal.llm_logs WHERE created_at >= '%s' AND created_at < '%s'
            GROUP BY company_id ORDER BY cost DESC OFFSET 0) AS companies
          """
              .formatted(first(1), first(0)));
      theirs.add((System.nanoTime() - before) / 1e6);
    }
    row("cost of a month by company, ms", median(ours), median(theirs), "< 50, 1/100");
  }

  private void size(String what, String url, String proposal, double most) throws Exception {
    double ours =
        number(
                url,
                "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
                    + " WHERE inhparent = 'analytics.llm_logs'::regclass")
            / (double) number(url, "SELECT count(*) FROM analytics.llm_logs");
    double theirs =
        number(url, "SELECT pg_total_relation_size('" + proposal + "')")
            / (double) number(url, "SELECT count(*) FROM " + proposal);
    row(what, ours, theirs, "<= " + most);
  }

  private void size(GeneratedRows some) throws Exception {
    String url = create("facts");
    PostgresServer.execute(url, Proposal.DDL);
    try (Connection connection = PostgresServer.connect(url)) {
      some.fillAll(connection, SCHEMA.table("llm_logs"));
      some.fillAllIntoMetadata(connection, Proposal.TABLE);
    }
    vacuum(url);
    size("bytes per row, all that a service knows", url, Proposal.TABLE, 1.0);
  }

  /** The oldest month ends while a writer goes on; without and with the round of maintenance. */
  private void retention(String full) throws Exception {
    long oldest =
        number(
            full,
            "SELECT count(*) FROM analytics.llm_logs WHERE created_at < '%s'".formatted(first(1)));
    // The day after the month before the last is past a month of retention.
    Instant due = first(0).plus(Duration.ofDays(1));
    // A round that keeps the month does all else that waits by then: what the rates have left to
    // the rollup to add up, and the partitions of that time.
    maintenance(full, Period.ofMonths(13)).run(due);
    TableMaintenance maintenance = maintenance(full, Period.ofMonths(1));
    try (EventWriter writer = writer(full)) {
      double alone = longest(writer, () -> Thread.sleep(3000));
      double[] took = new double[1];
      double beside =
          longest(
              writer,
              () -> {
                long began = System.nanoTime();
                MaintenanceReport report = maintenance.run(due);
                took[0] = (System.nanoTime() - began) / 1e6;
                System.err.println("dropped " + report.dropped() + ", stuck " + report.stuck());
              });
      long left =
          number(
              full,
              "SELECT count(*) FROM analytics.llm_logs WHERE created_at < '%s'"
                  .formatted(first(1)));
      row("retention of one month, ms", took[0], Double.NaN, "< 1000");
      row("longest write of a batch beside it and without it, ms", beside, alone, "+ 100");
      System.out.printf(
          Locale.ROOT, "%nRetention dropped %,d rows of %,d.%n", oldest - left, oldest);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  /** The longest write, in milliseconds, of a writer that goes on while the work is done. */
  private double longest(EventWriter writer, Work work) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    double[] longest = new double[1];
    List<Exception> failures = new ArrayList<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!done.get()) {
                  List<Message> batch = batch().subList(0, 100);
                  long before = System.nanoTime();
                  writer.write(batch);
                  longest[0] = Math.max(longest[0], (System.nanoTime() - before) / 1e6);
                }
              } catch (Exception e) {
                failures.add(e);
              }
            },
            "benchmark-writer");
    thread.start();
    work.run();
    done.set(true);
    thread.join();
    if (!failures.isEmpty()) {
      throw failures.get(0);
    }
    return longest[0];
  }

  private synchronized List<Message> batch() {
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10);
    List<Message> batch = new ArrayList<>(BATCH);
    Instant now = Instant.now();
    for (int i = 0; i < BATCH; i++) {
      long n = events++;
      LlmEvent event =
          LlmEvent.builder("action." + n % 12)
              .createdAt(now)
              .message("Question " + n + " answered")
              .userId(n % 5000)
              .companyId(n % 100)
              .interviewId(n / 20)
              .model("gpt-4o-mini-" + n % 6)
              .tokensInput(200 + n % 4000)
              .tokensOutput(20 + n % 700)
              .costUsd(BigDecimal.valueOf(n % 9000, 7))
              .latencyMs(300 + n % 9000)
              .deploymentEnvironment("production")
              .build();
      UUID identity = new UUID(n, 0);
      batch.add(new Message(encoder.encode(event), identity, now));
    }
    return batch;
  }

  private static EventWriter writer(String url) {
    return PostgresWriter.create(
        new StoreSettings(url, SCHEMA.name(), Period.ofMonths(13), 2, Duration.ofMinutes(1)));
  }

  private static TableMaintenance maintenance(String url, Period rows) {
    return new TableMaintenance(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(15)),
        SCHEMA,
        new Retention(rows, Period.ofDays(30), Period.ofYears(5)),
        null);
  }

  private static void vacuum(String url) throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE");
      statement.execute("CHECKPOINT");
    }
  }

  private static void row(String what, double ours, double beside, String wanted) {
    System.out.printf(
        Locale.ROOT,
        LINE,
        what,
        "%,.1f".formatted(ours),
        Double.isNaN(beside) ? "" : "%,.1f".formatted(beside),
        Double.isNaN(beside) ? "" : "%.3f".formatted(ours / beside),
        wanted);
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElseThrow();
  }

  private static long number(String url, String sql) throws Exception {
    return Long.parseLong(text(url, sql));
  }

  private static String text(String url, String sql) throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
