package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import io.llmlog.worker.usage.CachedUsage;
import io.llmlog.worker.usage.Csv;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each company costs, its share, and how that changed. */
final class CompaniesPage {
  private static final int MOST = 1000;
  private static final int UNLESS_SAID = 100;

  /** Of more nobody looks at the little pictures, and each has many figures behind it. */
  private static final int MOST_TRENDS = 100;

  private static final int MOST_POINTS = 31;
  private static final Duration LONGEST_BY_HOUR = Duration.ofDays(2);
  private static final MathContext DIGITS = new MathContext(6);
  private static final List<String> SORTS = List.of("cost", "calls", "tokens", "errors", "trend");
  private static final Set<String> PARAMETERS =
      Set.of("from", "to", "sort", "order", "search", "limit");

  private final CachedUsage usage;
  private final InstantSource clock;

  CompaniesPage(CachedUsage usage, InstantSource clock) {
    this.usage = usage;
    this.clock = clock;
  }

  /**
   * A company.
   *
   * @param share of the known cost of all, or null where none is known
   * @param change of its cost against the range before, or null where there was none
   */
  private record Row(Usage usage, @Nullable Double share, @Nullable Double change) {
    @Nullable String company() {
      return usage.key().get(0);
    }
  }

  /** What was asked for, sorted and cut. */
  private record Found(List<Filter> filters, Span span, UsageAnswer answer, List<Row> rows) {}

  ObjectNode answer(Context request) throws Refusal, UsageException, InterruptedException {
    Found found = find(request, UNLESS_SAID);
    Map<@Nullable String, Trend> trends = trends(found);
    ObjectNode answer = Json.object();
    answer.put("from", found.span().from().toString()).put("to", found.span().to().toString());
    answer.set("origin", Json.origin(found.answer().origin()));
    answer.set("total", Figures.of(found.answer().total()));
    ArrayNode companies = answer.putArray("companies");
    for (Row row : found.rows()) {
      ObjectNode node = companies.addObject().put("company", row.company());
      node.set("figures", Figures.of(row.usage()));
      node.put("share", row.share());
      Trend trend = trends.get(row.company());
      ArrayNode points = node.putArray("trend");
      if (trend != null) {
        trend.putInto(points);
      }
      node.put("change", row.change());
    }
    return answer;
  }

  String csv(Context request) throws Refusal, UsageException, InterruptedException {
    Csv head = new Csv().field("company").field("calls").field("errors").field("tokens_input");
    head.field("tokens_output").field("tokens_cache_read").field("tokens_cache_write");
    head.field("tokens_reasoning").field("cost_usd").field("calls_cost_unknown");
    StringBuilder text = new StringBuilder(head.field("share").field("change").row());
    for (Row row : find(request, MOST).rows()) {
      Usage of = row.usage();
      Csv line = new Csv().text(row.company() == null ? "" : row.company());
      line.field(Long.toString(of.calls())).field(Long.toString(of.errors()));
      line.field(of.tokensInput().toString()).field(of.tokensOutput().toString());
      line.field(of.tokensCacheRead().toString()).field(of.tokensCacheWrite().toString());
      line.field(of.tokensReasoning().toString());
      // Empty is the CSV of NULL: a sum over the column leaves it out.
      String cost = Json.money(of.costUsd());
      line.field(cost == null ? "" : cost).field(Long.toString(of.callsCostUnknown()));
      line.field(plain(row.share())).field(plain(row.change()));
      text.append(line.row());
    }
    return text.toString();
  }

  private static String plain(@Nullable Double number) {
    return number == null ? "" : new BigDecimal(number, DIGITS).toPlainString();
  }

  private Found find(Context request, int unlessSaid)
      throws Refusal, UsageException, InterruptedException {
    Asked asked = Asked.of(request, PARAMETERS, true);
    List<Filter> filters = asked.filters();
    String sort = asked.oneOf("sort", "cost", SORTS);
    boolean descending = asked.oneOf("order", "desc", List.of("asc", "desc")).equals("desc");
    String search = asked.text("search");
    int limit = asked.number("limit", unlessSaid, MOST);
    Span span = Span.of(asked, clock.instant());

    UsageAnswer answer = usage.ask(Question.of(filters, span, Dimension.COMPANY));
    Map<@Nullable String, BigDecimal> before = new HashMap<>();
    for (Usage of : usage.ask(Question.of(filters, span.before(), Dimension.COMPANY)).groups()) {
      if (of.costUsd() != null) {
        before.put(of.key().get(0), of.costUsd());
      }
    }
    List<Row> rows = new ArrayList<>();
    for (Usage of : answer.groups()) {
      String company = of.key().get(0);
      if (search == null || (company != null && company.contains(search))) {
        Double share = ratio(of.costUsd(), answer.total().costUsd());
        Double was = ratio(of.costUsd(), before.get(company));
        rows.add(new Row(of, share, was == null ? null : was - 1));
      }
    }
    // The answer's own order, which is that of the cost, decides between equals.
    rows.sort(order(sort, descending));
    return new Found(filters, span, answer, rows.subList(0, Math.min(limit, rows.size())));
  }

  private static @Nullable Double ratio(@Nullable BigDecimal part, @Nullable BigDecimal whole) {
    return part == null || whole == null || whole.signum() == 0
        ? null
        : part.divide(whole, DIGITS).doubleValue();
  }

  /** What is unknown stands last, whatever the order. */
  private static Comparator<Row> order(String sort, boolean descending) {
    return switch (sort) {
      case "calls" -> by(descending, row -> BigDecimal.valueOf(row.usage().calls()));
      case "errors" -> by(descending, row -> BigDecimal.valueOf(row.usage().errors()));
      case "tokens" -> by(descending, row -> new BigDecimal(Figures.tokens(row.usage())));
      case "trend" ->
          by(
              descending,
              row -> {
                Double change = row.change();
                return change == null ? null : BigDecimal.valueOf(change);
              });
      default -> by(descending, row -> row.usage().costUsd());
    };
  }

  /** What rows are sorted by. */
  private interface Figure {
    @Nullable BigDecimal of(Row row);
  }

  private static Comparator<Row> by(boolean descending, Figure figure) {
    return (one, other) -> {
      BigDecimal first = figure.of(one);
      BigDecimal second = figure.of(other);
      if (first == null || second == null) {
        return Boolean.compare(first == null, second == null);
      }
      return descending ? second.compareTo(first) : first.compareTo(second);
    };
  }

  /** A company's cost in pieces of the range, as many as a little picture has room for. */
  private static final class Trend {
    private final Instant first;
    private final Duration piece;
    private final @Nullable BigDecimal[] costs;

    Trend(Instant first, Duration piece, int pieces) {
      this.first = first;
      this.piece = piece;
      this.costs = new BigDecimal[pieces];
    }

    void add(Instant time, @Nullable BigDecimal cost) {
      int at = (int) Duration.between(first, time).dividedBy(piece);
      if (cost != null && at < costs.length) {
        BigDecimal known = costs[at];
        costs[at] = known == null ? cost : known.add(cost);
      }
    }

    void putInto(ArrayNode points) {
      for (int i = 0; i < costs.length; i++) {
        points
            .addObject()
            .put("time", first.plus(piece.multipliedBy(i)).toString())
            .put("cost_usd", Json.money(costs[i]));
      }
    }
  }

  private Map<@Nullable String, Trend> trends(Found found)
      throws UsageException, InterruptedException {
    List<Row> rows = found.rows().subList(0, Math.min(MOST_TRENDS, found.rows().size()));
    Map<@Nullable String, Trend> trends = new HashMap<>();
    if (rows.isEmpty()) {
      return trends;
    }
    Span span = found.span();
    boolean hours = span.length().compareTo(LONGEST_BY_HOUR) <= 0;
    Dimension step = hours ? Dimension.HOUR : Dimension.DAY;
    Instant first = hours ? span.from() : span.from().truncatedTo(ChronoUnit.DAYS);
    long length = Duration.between(first, span.to()).toHours();
    long steps = hours ? length : (length + 23) / 24;
    long together = hours ? 1 : (steps + MOST_POINTS - 1) / MOST_POINTS;
    Duration piece = (hours ? Duration.ofHours(1) : Duration.ofDays(1)).multipliedBy(together);
    int pieces = (int) ((steps + together - 1) / together);
    List<Filter> filters = new ArrayList<>();
    boolean all = found.answer().groups().size() <= MOST_TRENDS;
    found.filters().stream()
        .filter(filter -> all || filter.dimension() != Dimension.COMPANY)
        .forEach(filters::add);
    for (Row row : rows) {
      if (!all) {
        filters.add(new Filter(Dimension.COMPANY, row.company()));
      }
      trends.put(row.company(), new Trend(first, piece, pieces));
    }
    if (together == 1) {
      add(trends, Question.of(filters, span, step, Dimension.COMPANY), step, first);
      return trends;
    }
    // A few sums of many days each are sooner added up and sent than many of one day.
    for (int i = 0; i < pieces; i++) {
      Instant begin = first.plus(piece.multipliedBy(i));
      Instant end = begin.plus(piece);
      Span part =
          new Span(
              begin.isBefore(span.from()) ? span.from() : begin,
              end.isAfter(span.to()) ? span.to() : end);
      add(trends, Question.of(filters, part, Dimension.COMPANY), null, begin);
    }
    return trends;
  }

  /**
   * @param step what the answer is cut into, before the company; null: into companies alone
   * @param time that of the whole answer, where it is not cut
   */
  private void add(
      Map<@Nullable String, Trend> trends,
      UsageQuery question,
      @Nullable Dimension step,
      Instant time)
      throws UsageException, InterruptedException {
    for (Usage of : usage.ask(question).groups()) {
      Trend trend = trends.get(of.key().get(step == null ? 0 : 1));
      if (trend != null) {
        Instant at = step == null ? time : Span.time(String.valueOf(of.key().get(0)), step);
        trend.add(at, of.costUsd());
      }
    }
  }
}
