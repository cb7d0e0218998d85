package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import io.llmlog.testkit.PostgresServer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Random questions about random calls, beside the same counted in memory from the calls. */
class RandomUsageIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant START = Instant.parse("2025-11-20T12:17:00Z");
  private static final int HOURS = 2400;
  private static final int DAYS = HOURS / 24 + 1;
  private static final int MONTHS = 4;
  private static final int CALLS = 3000;
  private static final int QUESTIONS = 60;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  private record Call(
      Instant at,
      @Nullable Long company,
      @Nullable Long user,
      @Nullable String endUser,
      @Nullable String model,
      @Nullable String provider,
      String action,
      @Nullable String environment,
      @Nullable Long tokens,
      @Nullable BigDecimal cost,
      @Nullable Long latency,
      @Nullable String errorType,
      @Nullable String errorMessage) {
    boolean failed() {
      return errorType != null || errorMessage != null;
    }

    @Nullable String key(Dimension dimension) {
      String hour = at.truncatedTo(ChronoUnit.HOURS).toString();
      return switch (dimension) {
        case COMPANY -> company == null ? null : company.toString();
        case USER -> user == null ? none(endUser) : user.toString();
        case MODEL -> none(model);
        case ACTION -> action;
        case PROVIDER -> none(provider);
        case ENVIRONMENT -> none(environment);
        case DAY -> hour.substring(0, 10);
        case HOUR -> hour.replace(":00:00Z", ":00Z");
      };
    }

    private static @Nullable String none(@Nullable String text) {
      return text == null || text.isEmpty() ? null : text;
    }
  }

  @Test
  void answers_areThoseOfTheRowsThemselves() throws Exception {
    String url = SERVER.createDatabase("random");
    PostgresDataSource database =
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30));
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, START);
    TableMaintenance maintenance =
        new TableMaintenance(
            database,
            SCHEMA,
            new Retention(Period.ofYears(90), Period.ofYears(90), Period.ofYears(90)),
            null);
    UsageQueries queries = new UsageQueries(database, SCHEMA);
    List<Call> calls = new ArrayList<>();
    log(url, calls, call -> true);
    ask(queries, calls, "from hours");

    maintenance.run(START);
    assertEquals(List.of(DAYS, MONTHS), whole(url));
    ask(queries, calls, "from days and months");

    List<Instant> late =
        List.of(START.plus(3, ChronoUnit.DAYS), START.plus(HOURS / 24 - 2, ChronoUnit.DAYS));
    log(url, calls, call -> late.stream().anyMatch(day -> sameDay(day, call.at())));
    assertEquals(List.of(DAYS - 2, MONTHS - 2), whole(url));
    ask(queries, calls, "from days and months with gaps");

    maintenance.run(START);
    assertEquals(List.of(DAYS, MONTHS), whole(url));
    ask(queries, calls, "from days and months, the gaps closed");

    // As if a round had ended behind the days.
    PostgresServer.execute(
        url,
        """
        UPDATE analytics.llm_log_months SET whole = false WHERE month = '2026-01-01Z';
        UPDATE analytics.llm_log_days SET overall = false WHERE day >= '2026-01-20Z'
        """);
    assertEquals(List.of(DAYS, MONTHS - 1), whole(url));
    ask(queries, calls, "from months, and the days of one");
  }

  private void log(String url, List<Call> calls, Predicate<Call> which) throws Exception {
    List<Call> more = Stream.generate(this::call).filter(which).limit(CALLS).toList();
    store(url, more);
    calls.addAll(more);
  }

  private void ask(UsageQueries queries, List<Call> calls, String what) throws Exception {
    for (int i = 0; i < QUESTIONS; i++) {
      UsageQuery question = question();
      UsageAnswer answer = queries.ask(question);
      check(question, answer, calls, what + ", seed " + seed + ", question " + i + ": " + question);
    }
  }

  private static boolean sameDay(Instant one, Instant other) {
    return one.truncatedTo(ChronoUnit.DAYS).equals(other.truncatedTo(ChronoUnit.DAYS));
  }

  /** How many days, and how many months. */
  private static List<Integer> whole(String url) throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row =
            connection
                .createStatement()
                .executeQuery(
                    """
                    SELECT (SELECT count(*) FROM analytics.llm_log_usage_days),
                      (SELECT count(*) FROM analytics.llm_log_usage_months)
                    """)) {
      row.next();
      return List.of(row.getInt(1), row.getInt(2));
    }
  }

  private void check(UsageQuery question, UsageAnswer answer, List<Call> calls, String where) {
    List<Call> wanted =
        calls.stream()
            .filter(call -> answer.from() == null || !call.at().isBefore(answer.from()))
            .filter(call -> answer.to() == null || call.at().isBefore(answer.to()))
            .filter(call -> fits(call, question.filters()))
            .toList();
    same(count(List.of(), wanted), answer.total(), wanted, where);
    Map<List<@Nullable String>, List<Call>> groups = new LinkedHashMap<>();
    for (Call call : wanted) {
      List<@Nullable String> key = new ArrayList<>();
      question.by().forEach(by -> key.add(call.key(by)));
      groups.computeIfAbsent(key, ignored -> new ArrayList<>()).add(call);
    }
    if (question.by().isEmpty()) {
      groups.putIfAbsent(List.of(), List.of());
    }
    List<Usage> expected =
        groups.entrySet().stream()
            .map(group -> count(group.getKey(), group.getValue()))
            .sorted(dearestFirst(question.by()))
            .limit(question.limit())
            .toList();
    assertEquals(
        expected.stream().map(Usage::key).toList(),
        answer.groups().stream().map(Usage::key).toList(),
        where);
    for (int i = 0; i < expected.size(); i++) {
      List<Call> group = Objects.requireNonNull(groups.get(expected.get(i).key()));
      same(expected.get(i), answer.groups().get(i), group, where);
    }
  }

  private static void same(Usage expected, Usage answered, List<Call> calls, String where) {
    BigDecimal cost = expected.costUsd();
    if (cost != null && answered.costUsd() != null) {
      assertEquals(0, cost.compareTo(answered.costUsd()), where);
      cost = answered.costUsd();
    }
    LatencyHistogram latency = answered.latency();
    assertEquals(
        new Usage(
            expected.key(),
            expected.calls(),
            expected.errors(),
            expected.tokensInput(),
            expected.tokensOutput(),
            expected.tokensCacheRead(),
            expected.tokensCacheWrite(),
            expected.tokensReasoning(),
            cost,
            expected.callsCostUnknown(),
            latency),
        answered,
        where);
    if (latency != null) {
      long[] exact =
          calls.stream()
              .map(Call::latency)
              .filter(Objects::nonNull)
              .mapToLong(Long::longValue)
              .sorted()
              .toArray();
      assertEquals(LatencyHistogramTest.of(exact), latency, where);
      for (double share : new double[] {0.5, 0.95, 0.99}) {
        if (exact.length > 0) {
          long wanted = exact[(int) Math.ceil(share * exact.length) - 1];
          double allowed = Math.max(1, wanted * LatencyHistogram.ERROR_PERCENT / 100);
          assertEquals((double) wanted, latency.percentile(share).orElseThrow(), allowed, where);
        } else {
          assertTrue(latency.percentile(share).isEmpty(), where);
        }
      }
    }
  }

  private static Usage count(List<@Nullable String> key, List<Call> calls) {
    List<BigDecimal> costs = calls.stream().map(Call::cost).filter(Objects::nonNull).toList();
    BigInteger tokens =
        calls.stream()
            .map(Call::tokens)
            .filter(Objects::nonNull)
            .map(BigInteger::valueOf)
            .reduce(BigInteger.ZERO, BigInteger::add);
    return new Usage(
        key,
        calls.size(),
        calls.stream().filter(Call::failed).count(),
        tokens,
        tokens.multiply(BigInteger.TWO),
        tokens.multiply(BigInteger.valueOf(3)),
        tokens.multiply(BigInteger.valueOf(4)),
        tokens.multiply(BigInteger.valueOf(5)),
        costs.stream().reduce(BigDecimal::add).orElse(null),
        calls.size() - costs.size(),
        null);
  }

  private static boolean fits(Call call, List<Filter> filters) {
    for (Filter filter : filters) {
      boolean any =
          filters.stream()
              .filter(other -> other.dimension() == filter.dimension())
              .anyMatch(other -> Objects.equals(other.value(), call.key(filter.dimension())));
      if (!any) {
        return false;
      }
    }
    return true;
  }

  private static Comparator<Usage> dearestFirst(List<Dimension> by) {
    Comparator<Usage> order =
        Comparator.comparing(
            Usage::costUsd, Comparator.nullsLast(Comparator.<BigDecimal>reverseOrder()));
    for (int i = 0; i < by.size(); i++) {
      int place = i;
      Function<Usage, @Nullable String> key = usage -> usage.key().get(place);
      order =
          by.get(i) == Dimension.COMPANY
              ? order.thenComparing(
                  usage -> {
                    String company = key.apply(usage);
                    return company == null ? null : Long.valueOf(company);
                  },
                  Comparator.nullsLast(Comparator.<Long>naturalOrder()))
              : order.thenComparing(key, Comparator.nullsLast(Comparator.<String>naturalOrder()));
    }
    return order;
  }

  private UsageQuery question() {
    List<Dimension> by = new ArrayList<>();
    for (Dimension dimension : Dimension.values()) {
      if (random.nextInt(4) == 0) {
        by.add(dimension);
      }
    }
    UsageQuery question = UsageQuery.groupedBy(by.toArray(new Dimension[0]));
    for (int i = random.nextInt(3); i > 0; i--) {
      Dimension dimension = Dimension.values()[random.nextInt(6)];
      question = question.where(dimension, call().key(dimension));
    }
    Instant one = moment();
    Instant other = random.nextInt(4) == 0 ? one.plusMillis(random.nextInt(3_600_000)) : moment();
    boolean inOrder = one.isBefore(other);
    question =
        question.between(
            random.nextInt(5) == 0 ? null : inOrder ? one : other,
            random.nextInt(5) == 0 ? null : inOrder ? other : one);
    if (random.nextInt(3) == 0) {
      question = question.top(1 + random.nextInt(5));
    }
    return random.nextBoolean() ? question.withLatency() : question;
  }

  /** Some are the first of their hour, of their day, or of their month. */
  private Instant moment() {
    Instant moment = START.plus(random.nextLong(HOURS * 60L * 60 * 1_000_000), ChronoUnit.MICROS);
    return switch (random.nextInt(8)) {
      case 0 -> moment.truncatedTo(ChronoUnit.DAYS);
      case 3 -> {
        Instant first = moment.atZone(ZoneOffset.UTC).withDayOfMonth(1).toInstant();
        yield first.isBefore(START) ? moment : first.truncatedTo(ChronoUnit.DAYS);
      }
      case 1, 2 -> moment.truncatedTo(ChronoUnit.HOURS);
      default -> moment;
    };
  }

  private Call call() {
    boolean costs = random.nextInt(4) > 0;
    return new Call(
        moment(),
        random.nextInt(6) == 0 ? null : random.nextLong(5) * 3,
        random.nextBoolean() ? null : random.nextLong(4),
        pick(null, "", "ann", "Bob", "7"),
        pick(null, "", "big", "Small", "ü"),
        pick(null, "p", "q"),
        Objects.requireNonNull(pick("ask", "parse", "Rate")),
        pick(null, "", "prod", "test"),
        random.nextInt(5) == 0 ? null : random.nextLong(1L << 40),
        // Of a small set, so that groups of one cost are there too.
        costs ? BigDecimal.valueOf(random.nextInt(20), 6) : null,
        random.nextInt(5) == 0 ? null : (long) Math.exp(random.nextDouble() * 15) - 1,
        pick(null, null, null, "Timeout"),
        pick(null, null, null, "broke"));
  }

  private @Nullable String pick(@Nullable String... texts) {
    return Arrays.asList(texts).get(random.nextInt(texts.length));
  }

  private void store(String url, List<Call> calls) throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO analytics.llm_logs (created_at, company_id, user_id, end_user, model,
                  provider, action, deployment_environment, tokens_input, tokens_output,
                  tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd, latency_ms,
                  error_type, error_message)
                VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?::numeric,?,?,?)
                """)) {
      for (Call call : calls) {
        insert.setObject(1, call.at().atOffset(ZoneOffset.UTC));
        insert.setObject(2, call.company());
        insert.setObject(3, call.user());
        insert.setString(4, call.endUser());
        insert.setString(5, call.model());
        insert.setString(6, call.provider());
        insert.setString(7, call.action());
        insert.setString(8, call.environment());
        Long tokens = call.tokens();
        for (int times = 1; times <= 5; times++) {
          insert.setObject(8 + times, tokens == null ? null : Long.valueOf(tokens * times));
        }
        // Not a number is not known either.
        BigDecimal cost = call.cost();
        insert.setString(14, cost == null ? pick(null, "NaN") : cost.toPlainString());
        insert.setObject(15, call.latency());
        insert.setString(16, call.errorType());
        insert.setString(17, call.errorMessage());
        insert.addBatch();
      }
      assertNotNull(insert.executeBatch());
    }
  }
}
