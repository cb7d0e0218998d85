package io.llmlog.jdbc.maintain;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The comments by which maintenance knows its own tables again after it was killed. Each is written
 * in the transaction that makes it true, so that no other table ever bears one.
 *
 * @param kind what the table is
 * @param range the rows that belong into it
 */
record Note(Kind kind, Range range) {
  /** Begins the comment of a partition that is never dropped, such as one out of an archive. */
  static final String KEEP = "llmlog: keep";

  private static final Pattern TEXT = Pattern.compile("llmlog: ([a-z]+), from (\\S+) to (\\S+)");

  /** What a table with a note is. */
  enum Kind {
    /** Rows are copied into it from the DEFAULT partition, where they still stand. */
    FILLING("filling"),

    /** Was a partition, and is past retention. */
    DETACHED("detached"),

    /** Is filled out of an archive; nobody has seen it yet. */
    RESTORING("restoring");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /** As it stands in the comment; free of quotes. */
  String text() {
    return "llmlog: " + kind.word + ", from " + range.from() + " to " + range.to();
  }

  /** Null: the comment is not ours. */
  static @Nullable Note read(@Nullable String comment) {
    Matcher matcher = TEXT.matcher(String.valueOf(comment));
    if (!matcher.matches()) {
      return null;
    }
    for (Kind kind : Kind.values()) {
      if (kind.word.equals(matcher.group(1))) {
        try {
          Instant from = Instant.parse(matcher.group(2));
          return new Note(kind, new Range(from, Instant.parse(matcher.group(3))));
        } catch (DateTimeParseException | IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }
}
