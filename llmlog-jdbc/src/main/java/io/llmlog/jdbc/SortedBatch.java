package io.llmlog.jdbc;

import io.llmlog.event.BatchDecoder;
import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one batch, read: rows without their duplicates, in the order of the table's key,
 * and what can never be a row.
 *
 * <p>The order matters: two writers that insert overlapping batches in different orders wait for
 * each other until PostgreSQL ends one of them.
 */
final class SortedBatch {
  /**
   * A row to be.
   *
   * @param index the place of its message in the batch
   * @param micros the event's time, here because the sort asks for it ten times a row
   * @param event without its content
   * @param content to be stored with it, or null
   */
  record Row(int index, long micros, LlmEvent event, @Nullable Content content) {
    static Row of(int index, LlmEvent event, @Nullable Instant oldestContent) {
      Instant time = event.createdAt();
      // Exact: an event has no nanoseconds, and its year has four digits.
      long micros = time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
      if (oldestContent == null) {
        return new Row(index, micros, event, null);
      }
      Content content = time.isBefore(oldestContent) ? null : Content.of(event);
      boolean bare = !event.has(Column.REQUEST) && !event.has(Column.RESPONSE);
      LlmEvent row = bare ? event : event.toBuilder().request(null).response(null).build();
      return new Row(index, micros, row, content);
    }

    boolean hasKeyOf(Row other) {
      return micros == other.micros && event.eventId().equals(other.event.eventId());
    }
  }

  /** By the key, so that equal keys stand together; among those the first message wins. */
  private static int compare(Row one, Row other) {
    int byTime = Long.compare(one.micros(), other.micros());
    if (byTime != 0) {
      return byTime;
    }
    int byId = compare(one.event().eventId(), other.event().eventId());
    return byId != 0 ? byId : Integer.compare(one.index(), other.index());
  }

  /** As PostgreSQL does it; {@link UUID#compareTo} takes the first bit for a sign. */
  private static int compare(UUID one, UUID other) {
    int byFirst =
        Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
    return byFirst != 0
        ? byFirst
        : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
  }

  private final List<Message> messages;
  private final List<Row> rows;
  private final List<DeadLetter> dead;

  /** The rows that came later with the key of one in {@link #rows}, by the index of that one. */
  private final Map<Integer, List<Row>> later;

  private SortedBatch(
      List<Message> messages,
      List<Row> rows,
      List<DeadLetter> dead,
      Map<Integer, List<Row>> later) {
    this.messages = messages;
    this.rows = rows;
    this.dead = dead;
    this.later = later;
  }

  /**
   * Reads the messages.
   *
   * @param horizon how far back they are wanted
   */
  static SortedBatch read(List<Message> messages, Horizon horizon) {
    Instant oldest = horizon.rows();
    List<Row> rows = new ArrayList<>(messages.size());
    List<DeadLetter> dead = new ArrayList<>();
    BatchDecoder decoder = new BatchDecoder(horizon.contents() != null);
    for (int index = 0; index < messages.size(); index++) {
      Message message = messages.get(index);
      try {
        LlmEvent event = decoder.next(message.bytes(), message.identity(), message.claimedAt());
        if (event.createdAt().isBefore(oldest)) {
          String reason =
              "expired: created_at %s is before %s, where retention ends"
                  .formatted(event.createdAt(), oldest);
          dead.add(DeadLetter.of(index, message, event, reason, null));
        } else {
          rows.add(Row.of(index, event, horizon.contents()));
        }
      } catch (MalformedMessageException e) {
        dead.add(DeadLetter.of(index, message, String.valueOf(e.getMessage())));
      }
    }
    return sorted(messages, rows, dead);
  }

  int size() {
    return messages.size();
  }

  List<Row> rows() {
    return rows;
  }

  /** The time of the oldest row; there must be one. */
  Instant oldest() {
    return rows.get(0).event().createdAt();
  }

  /** Whether somebody had one of the messages before. */
  boolean redelivered() {
    for (Message message : messages) {
      if (message.redelivered()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a row has content. */
  boolean hasContents() {
    for (Row row : rows) {
      if (row.content() != null) {
        return true;
      }
    }
    return false;
  }

  List<DeadLetter> dead() {
    return dead;
  }

  /**
   * What comes in the place of refused rows: of the messages with the same key, those that say
   * something else. A producer that used an id twice must not lose the good one for the bad one.
   *
   * @param refused rows of this batch
   */
  SortedBatch insteadOf(List<DeadLetter> refused) {
    List<Row> others = new ArrayList<>();
    for (DeadLetter letter : refused) {
      for (Row row : later.getOrDefault(letter.index(), List.of())) {
        if (!Arrays.equals(letter.raw(), messages.get(row.index()).bytes())) {
          others.add(row);
        }
      }
    }
    return sorted(messages, others, List.of());
  }

  /** The dead letter that the row becomes when the database refuses it. */
  DeadLetter refused(Row row, String reason, String sqlState) {
    return DeadLetter.of(row.index(), messages.get(row.index()), row.event(), reason, sqlState);
  }

  /**
   * The answer for its messages.
   *
   * @param stored how many rows are new
   * @param all dead letters, those of the batch itself and those that the database made
   */
  WriteResult result(int stored, List<DeadLetter> all) {
    return new WriteResult(
        stored,
        size() - stored - all.size(),
        all.stream()
            .map(
                letter ->
                    new WriteResult.DeadLetter(
                        letter.index(), letter.reason(), letter.sqlState() != null))
            .sorted(Comparator.comparingInt(WriteResult.DeadLetter::index))
            .toList());
  }

  /** The bytes of all messages together. */
  int bytes() {
    long bytes = 0;
    for (Message message : messages) {
      bytes += message.bytes().length;
    }
    return (int) Math.min(bytes, Integer.MAX_VALUE / 4);
  }

  private static SortedBatch sorted(List<Message> messages, List<Row> all, List<DeadLetter> dead) {
    all.sort(SortedBatch::compare);
    List<Row> rows = new ArrayList<>(all.size());
    Map<Integer, List<Row>> later = new HashMap<>();
    for (Row row : all) {
      Row before = rows.isEmpty() ? null : rows.get(rows.size() - 1);
      if (before == null || !before.hasKeyOf(row)) {
        rows.add(row);
      } else {
        later.computeIfAbsent(before.index(), index -> new ArrayList<>()).add(row);
      }
    }
    return new SortedBatch(messages, rows, dead, later);
  }
}
