package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.llmlog.jdbc.usage.CallDetail;
import io.llmlog.jdbc.usage.CallFilter;
import io.llmlog.jdbc.usage.CallFilter.Outcome;
import io.llmlog.jdbc.usage.CallPage;
import io.llmlog.jdbc.usage.CallPage.Call;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The newest calls, page by page, and one of them in full. Nothing of it is cached. */
final class CallsPage {
  private static final int UNLESS_SAID = 50;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Set<String> PARAMETERS =
      Set.of("from", "to", "error", "session", "trace", "user", "limit", "cursor");

  private final CallQueries calls;
  private final InstantSource clock;

  CallsPage(CallQueries calls, InstantSource clock) {
    this.calls = calls;
    this.clock = clock;
  }

  ObjectNode list(Context request) throws Refusal, UsageException {
    Asked asked = Asked.of(request, PARAMETERS, true);
    CallFilter filter = filter(asked);
    String cursor = asked.text("cursor");
    Cursor after;
    try {
      after = cursor == null ? null : Cursor.parse(cursor);
    } catch (IllegalArgumentException e) {
      throw Asked.wrong("cursor", String.valueOf(cursor), "must be the next of an answer");
    }
    int limit = asked.number("limit", UNLESS_SAID, CallQueries.MOST);
    CallPage page = calls.newest(filter, after, limit);
    ObjectNode answer = Json.object();
    answer.put("from", filter.from().toString()).put("to", filter.to().toString());
    answer.set("origin", Json.origin(page.origin()));
    ArrayNode shown = answer.putArray("calls");
    page.calls().forEach(call -> put(shown.addObject(), call));
    answer.put("next", page.next() == null ? null : page.next().text());
    return answer;
  }

  /** The range is that of the request to the second: rows know no whole hours. */
  private CallFilter filter(Asked asked) throws Refusal {
    CallFilter today = CallFilter.lastDay(clock.instant());
    Instant to = asked.time("to");
    Instant from = asked.time("from");
    Instant end = to == null ? today.to() : to;
    Instant first = from == null ? (to == null ? today.from() : to.minus(DAY)) : from;
    Asked.checkRange(first, end, CallFilter.LONGEST);
    CallFilter filter = CallFilter.between(first, end);
    for (Filter each : asked.filters()) {
      filter = filter.where(each.dimension(), each.value());
    }
    String error = asked.text("error");
    if (error != null) {
      filter =
          switch (error) {
            case "any" -> filter.ended(Outcome.FAILED);
            case "none" -> filter.ended(Outcome.SUCCEEDED);
            default -> filter.failedBy(error);
          };
    }
    String session = asked.text("session");
    filter = session == null ? filter : filter.ofSession(session);
    String trace = asked.text("trace");
    filter = trace == null ? filter : filter.ofTrace(trace);
    String user = asked.text("user");
    return user == null ? filter : filter.where(Dimension.USER, user);
  }

  private static void put(ObjectNode node, Call call) {
    node.put("event_id", call.eventId().toString()).put("created_at", call.createdAt().toString());
    node.put("action", call.action());
    // A name, as the key of a company is: ids have more digits than a page's numbers.
    node.put("company_id", call.companyId() == null ? null : call.companyId().toString());
    node.put("user", call.user()).put("model", call.model()).put("provider", call.provider());
    node.put("environment", call.environment()).put("service", call.service());
    node.put("tokens_input", call.tokensInput()).put("tokens_output", call.tokensOutput());
    node.put("cost_usd", Json.money(call.costUsd())).put("latency_ms", call.latencyMs());
    node.put("error_type", call.errorType()).put("error_message", call.errorMessage());
    node.put("session_id", call.sessionId()).put("trace_id", call.traceId());
  }

  ObjectNode one(Context request) throws Refusal, UsageException {
    Asked asked = Asked.of(request, Set.of("created_at"), false);
    UUID id = Asked.id("event_id", request.pathParam("event_id"));
    Instant createdAt = asked.time("created_at");
    if (createdAt == null) {
      throw Refusal.badRequest("created_at: must be given, as the list of calls has it");
    }
    CallDetail call = calls.call(id, createdAt);
    if (call == null) {
      throw Refusal.notFound("no call %s of %s: its time may be over".formatted(id, createdAt));
    }
    ObjectNode answer = Json.object();
    call.columns().forEach((name, value) -> put(answer, name, value));
    Json.putJson(answer, "metadata", call.metadata());
    CallDetail.Contents contents = call.contents();
    if (contents == null) {
      answer.putNull("contents");
    } else {
      ObjectNode node = answer.putObject("contents");
      Json.putJson(node, "request", contents.request());
      Json.putJson(node, "response", contents.response());
    }
    answer.put("contents_note", call.contentsNote());
    answer.set("origin", Json.origin(call.origin()));
    return answer;
  }

  private static void put(ObjectNode node, String name, @Nullable Object value) {
    if (value instanceof Long number) {
      if (name.equals("id") || name.endsWith("_id")) {
        node.put(name, number.toString());
      } else {
        node.put(name, number);
      }
    } else if (value instanceof BigDecimal amount) {
      node.put(name, Json.money(amount));
    } else if (value instanceof Boolean yes) {
      node.put(name, yes);
    } else {
      node.put(name, value == null ? null : value.toString());
    }
  }
}
