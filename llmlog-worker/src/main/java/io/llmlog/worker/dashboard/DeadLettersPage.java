package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.DeadLetterBox.Filter;
import io.llmlog.jdbc.DeadLetterBox.Letter;
import io.llmlog.jdbc.DeadLetterBox.Place;
import io.llmlog.jdbc.DeadLetterBox.Replayed;
import io.llmlog.jdbc.SqlErrors;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * What could not be stored, and what a person does about it. By the role that may look into the
 * messages and change them, so at the primary; each change is logged, with who asked for it.
 */
final class DeadLettersPage {
  private static final int MOST = 100;
  private static final int UNLESS_SAID = 50;
  private static final int LOGGED_IDS = 20;

  private final DeadLetterBox letters;
  private final Logger log;

  DeadLettersPage(DeadLetterBox letters, Logger log) {
    this.letters = letters;
    this.log = log;
  }

  ObjectNode list(Context request) throws Refusal, InterruptedException {
    Asked asked = Asked.of(request, Set.of("reason", "cursor", "limit"), false);
    int limit = asked.number("limit", UNLESS_SAID, MOST);
    Filter filter = new Filter(null, asked.text("reason"));
    Place after = place(asked.text("cursor"));
    long count = ask(() -> letters.count(filter));
    // One more than is shown tells whether there is a next page.
    List<Letter> found = ask(() -> letters.listFrom(after, filter, limit + 1, true));
    List<Letter> shown = found.subList(0, Math.min(limit, found.size()));
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("letters");
    for (Letter letter : shown) {
      put(list.addObject(), letter);
    }
    answer.put("count", count);
    boolean more = found.size() > limit;
    answer.put("next", more ? cursor(shown.get(limit - 1)) : null);
    return answer;
  }

  private static void put(ObjectNode node, Letter letter) {
    node.put("id", letter.id().toString()).put("created_at", Json.time(letter.createdAt()));
    node.put("bytes", letter.bytes()).put("beginning", beginning(letter));
    node.put("reason", letter.reason()).put("sqlstate", letter.sqlState());
    node.put("first_seen", Json.time(letter.firstSeen()));
    node.put("last_seen", Json.time(letter.lastSeen())).put("attempts", letter.attempts());
  }

  /** As text; what is no UTF-8 shows as U+FFFD, also a character that the cut has halved. */
  private static String beginning(Letter letter) {
    String text = new String(letter.beginning(), StandardCharsets.UTF_8);
    return letter.beginning().length < letter.bytes() ? text + "…" : text;
  }

  private static String cursor(Letter last) {
    return new Cursor(last.lastSeen(), last.id()).text();
  }

  private static @Nullable Place place(@Nullable String cursor) throws Refusal {
    if (cursor == null) {
      return null;
    }
    try {
      Cursor read = Cursor.parse(cursor);
      return new Place(read.createdAt(), read.eventId());
    } catch (IllegalArgumentException e) {
      throw Asked.wrong("cursor", cursor, "must be the next of an answer");
    }
  }

  ObjectNode replay(Context request) throws Refusal, IOException, InterruptedException {
    Asked.of(request, Set.of(), false);
    Set<UUID> ids = Json.ids(request);
    Replayed done = ask(() -> letters.replay(ids));
    log.info(
        "Dead letters replayed for {}: {} of {} asked for are rows now ({})",
        request.ip(),
        done.stored() + done.duplicate(),
        ids.size(),
        text(ids));
    return Json.object()
        .put("stored", done.stored())
        .put("duplicate", done.duplicate())
        .put("still_dead", done.stillDead())
        .put("skipped", done.skipped());
  }

  ObjectNode discard(Context request) throws Refusal, IOException, InterruptedException {
    Asked.of(request, Set.of(), false);
    Set<UUID> ids = Json.ids(request);
    int discarded = ask(() -> letters.discard(ids));
    log.info(
        "Dead letters discarded for {}: {} of {} asked for ({})",
        request.ip(),
        discarded,
        ids.size(),
        text(ids));
    return Json.object().put("discarded", discarded);
  }

  /** Ids are written anew from what was read, so nothing of the request's own text is logged. */
  private static String text(Set<UUID> ids) {
    String first =
        ids.stream().limit(LOGGED_IDS).map(UUID::toString).collect(Collectors.joining(" "));
    return ids.size() > LOGGED_IDS ? first + " …" : first;
  }

  private static <T> T ask(Callable<T> question) throws Refusal, InterruptedException {
    try {
      return question.call();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw Refusal.unavailable("the database of the dead letters: " + SqlErrors.textOf(e));
    }
  }
}
