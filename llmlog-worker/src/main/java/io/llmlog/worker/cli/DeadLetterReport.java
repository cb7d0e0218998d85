package io.llmlog.worker.cli;

import io.llmlog.jdbc.DeadLetterBox.Letter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The two forms of a list of dead letters. What steers a terminal is shown, never sent. */
final class DeadLetterReport {
  /** The most of a reason or a message in a line for people, in code points. */
  private static final int LINE = 200;

  private static final String MORE = "…";

  private DeadLetterReport() {}

  static List<String> text(List<Letter> letters, boolean content) {
    List<String> head =
        new ArrayList<>(List.of("id", "last seen", "attempts", "bytes", "sqlstate", "reason"));
    if (content) {
      head.add("content");
    }
    TextTable table = new TextTable(head.size(), head);
    for (Letter letter : letters) {
      List<String> row = new ArrayList<>();
      row.add(letter.id().toString());
      row.add(letter.lastSeen().truncatedTo(ChronoUnit.SECONDS).toString());
      row.add(Long.toString(letter.attempts()));
      row.add(Long.toString(letter.bytes()));
      row.add(letter.sqlState() == null ? "" : letter.sqlState());
      row.add(shortened(letter.reason()));
      if (content) {
        row.add(shortened(content(letter)));
      }
      table.add(row);
    }
    return table.lines(false);
  }

  static String json(long total, List<Letter> letters, boolean content) {
    String list =
        letters.stream()
            .map(letter -> object(letter, content))
            .collect(Collectors.joining(", ", "[", "]"));
    return new JsonLine().put("total", total).putJson("dead_letters", list).toString();
  }

  private static String object(Letter letter, boolean content) {
    JsonLine object =
        new JsonLine()
            .put("id", letter.id().toString())
            .put("created_at", time(letter.createdAt()))
            .put("reason", letter.reason())
            .put("sqlstate", letter.sqlState())
            .put("first_seen", time(letter.firstSeen()))
            .put("last_seen", time(letter.lastSeen()))
            .put("attempts", letter.attempts())
            .put("bytes", letter.bytes());
    return (content ? object.put("content", content(letter)) : object).toString();
  }

  private static String time(Instant instant) {
    return instant.toString();
  }

  /** As text; what is no UTF-8 shows as U+FFFD, also a character that the cut has halved. */
  private static String content(Letter letter) {
    String text = new String(letter.beginning(), StandardCharsets.UTF_8);
    return letter.beginning().length < letter.bytes() ? text + MORE : text;
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= LINE
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LINE)) + MORE;
  }
}
