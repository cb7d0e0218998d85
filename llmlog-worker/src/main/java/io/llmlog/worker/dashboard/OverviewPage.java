package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import io.llmlog.worker.usage.CachedUsage;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Cost, calls, tokens, errors and latencies of a range beside the one before, and the dearest
 * groups over its time.
 */
final class OverviewPage {
  /** What a chart can tell apart. */
  static final int GROUPS = 8;

  private static final Set<String> PARAMETERS = Set.of("from", "to", "by");

  private final CachedUsage usage;
  private final InstantSource clock;

  OverviewPage(CachedUsage usage, InstantSource clock) {
    this.usage = usage;
    this.clock = clock;
  }

  ObjectNode answer(Context request) throws Refusal, UsageException, InterruptedException {
    Asked asked = Asked.of(request, PARAMETERS, true);
    Dimension by = asked.dimension("by", Dimension.MODEL);
    List<Filter> filters = asked.filters();
    Span span = Span.of(asked, clock.instant());

    // One more than is shown tells whether there are others. The latencies are of the total, and
    // come with the groups: to read the same twice takes longer.
    UsageAnswer dearest = usage.ask(Question.of(filters, span, by).top(GROUPS + 1).withLatency());
    UsageAnswer before = usage.ask(Question.of(filters, span.before()).withLatency());
    boolean others = dearest.groups().size() > GROUPS;
    List<Usage> groups = others ? dearest.groups().subList(0, GROUPS) : dearest.groups();

    ObjectNode answer = Json.object();
    answer.put("from", span.from().toString()).put("to", span.to().toString());
    answer.put("step", Asked.name(span.step()));
    answer.set("origin", Json.origin(dearest.origin()));
    answer.set("total", Figures.withPercentiles(dearest.total()));
    answer.set("before", Figures.withPercentiles(before.total()));
    ArrayNode shown = answer.putArray("groups");
    for (Usage group : groups) {
      ObjectNode node = shown.addObject().put("key", group.key().get(0));
      node.set("figures", Figures.of(group));
    }
    if (others) {
      ObjectNode node = shown.addObject().put("other", true);
      node.set("figures", Figures.of(Figures.without(dearest.total(), groups)));
    }
    series(answer.putArray("series"), filters, span, by, groups, others);
    return answer;
  }

  /** Of the groups that are shown; where there are others, of all calls too, for what is left. */
  private void series(
      ArrayNode into,
      List<Filter> filters,
      Span span,
      Dimension by,
      List<Usage> groups,
      boolean others)
      throws UsageException, InterruptedException {
    Dimension step = span.step();
    List<Filter> wanted = others ? only(filters, by, groups) : filters;
    Map<Instant, Map<@Nullable String, Usage>> times = new TreeMap<>();
    for (Usage part : usage.ask(Question.of(wanted, span, step, by)).groups()) {
      times.computeIfAbsent(time(part, step), time -> new HashMap<>()).put(part.key().get(1), part);
    }
    Map<Instant, Usage> all = new HashMap<>();
    if (others) {
      for (Usage part : usage.ask(Question.of(filters, span, step)).groups()) {
        all.put(time(part, step), part);
        times.computeIfAbsent(time(part, step), time -> new HashMap<>());
      }
    }
    times.forEach(
        (time, parts) -> {
          ObjectNode node = into.addObject().put("time", time.toString());
          ArrayNode shown = node.putArray("groups");
          List<Usage> found = new ArrayList<>();
          for (Usage group : groups) {
            String key = group.key().get(0);
            Usage part = parts.getOrDefault(key, Question.NOTHING);
            found.add(part);
            shown.addObject().put("key", key).set("figures", Figures.of(part));
          }
          if (others) {
            Usage left = Figures.without(all.getOrDefault(time, Question.NOTHING), found);
            shown.addObject().put("other", true).set("figures", Figures.of(left));
          }
        });
  }

  private static Instant time(Usage part, Dimension step) {
    return Span.time(String.valueOf(part.key().get(0)), step);
  }

  private static List<Filter> only(List<Filter> filters, Dimension by, List<Usage> groups) {
    List<Filter> only = new ArrayList<>();
    filters.stream().filter(filter -> filter.dimension() != by).forEach(only::add);
    groups.forEach(group -> only.add(new Filter(by, group.key().get(0))));
    return only;
  }
}
