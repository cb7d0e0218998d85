package io.llmlog.benchmarks.worker;

import io.llmlog.benchmarks.RollupBatches;
import io.llmlog.event.Column;
import io.llmlog.event.EventDecoder;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.spi.Message;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The calls of a round, as messages of the queue and as what {@code psql} would read for them. */
final class Load {
  /** The columns that the proposal's table has. */
  static final List<Column> COLUMNS =
      List.of(
          Column.CREATED_AT,
          Column.ACTION,
          Column.MESSAGE,
          Column.USER_ID,
          Column.COMPANY_ID,
          Column.INTERVIEW_ID,
          Column.MODEL,
          Column.TOKENS_USED,
          Column.TOKENS_INPUT,
          Column.TOKENS_OUTPUT,
          Column.COST_USD,
          Column.LATENCY_MS,
          Column.STREAMING,
          Column.ERROR_TYPE,
          Column.ERROR_MESSAGE,
          Column.METADATA,
          Column.DEPLOYMENT_VERSION,
          Column.DEPLOYMENT_ENVIRONMENT);

  /** What the calls have beside them, for which that table has its metadata. */
  private static final List<Column> OTHERS =
      List.of(Column.PROVIDER, Column.TTFT_MS, Column.FINISH_REASON, Column.SERVICE);

  private final List<Message> messages = new ArrayList<>();
  private final byte[] columns;
  private final byte[] facts;
  private final int groups;

  /**
   * @param size a multiple of {@link RollupBatches#ROWS}
   */
  Load(RollupBatches.Shape shape, Instant from, int size) throws MalformedMessageException {
    RollupBatches batches = new RollupBatches(shape, from);
    for (RollupBatches.Writer writer : batches.writers(1, size / RollupBatches.ROWS)) {
      writer.batches().forEach(messages::addAll);
    }
    groups = batches.groups();
    columns = text(false);
    facts = text(true);
  }

  private byte[] text(boolean withOthers) throws MalformedMessageException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Message message : messages) {
      lines.writeBytes(line(event(message), withOthers).getBytes(StandardCharsets.UTF_8));
    }
    return lines.toByteArray();
  }

  /** What the proposal's loop reads from a message too. */
  static LlmEvent event(Message message) throws MalformedMessageException {
    return EventDecoder.decode(message.bytes(), message.identity(), message.claimedAt());
  }

  List<Message> messages() {
    return messages;
  }

  /** The first of them, as they are pushed. */
  List<byte[]> pushed(int most) {
    return messages.stream().limit(most).map(Message::bytes).toList();
  }

  /** The proposal's columns of all rows in the text format of {@code COPY}. */
  byte[] columns() {
    return columns;
  }

  /** The same with all that the messages say: what has no column stands in the metadata. */
  byte[] facts() {
    return facts;
  }

  /** How many rows of the rollup a batch concerns. */
  int groups() {
    return groups;
  }

  int bytesOfAMessage() {
    return (int) messages.stream().mapToInt(one -> one.bytes().length).average().orElse(0);
  }

  private static String line(LlmEvent event, boolean withOthers) {
    StringBuilder line = new StringBuilder();
    for (Column column : COLUMNS) {
      String value = column == Column.METADATA && withOthers ? others(event) : value(event, column);
      line.append(line.isEmpty() ? "" : "\t").append(value == null ? "\\N" : escaped(value));
    }
    return line.append('\n').toString();
  }

  /** None of the values needs an escape. */
  private static String others(LlmEvent event) {
    return OTHERS.stream()
        .map(
            column -> {
              String quote = column.type() == Column.Type.TEXT ? "\"" : "";
              return "\"" + column.key() + "\": " + quote + value(event, column) + quote;
            })
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static @Nullable String value(LlmEvent event, Column column) {
    return switch (column.type()) {
      case TIME -> event.createdAt().toString();
      case TEXT -> column == Column.ACTION ? event.action() : event.text(column);
      case INTEGER -> event.has(column) ? Long.toString(event.integer(column)) : null;
      case BOOLEAN -> event.streaming() ? "t" : "f";
      case DECIMAL -> event.costUsd() == null ? null : event.costUsd().toPlainString();
      case JSON -> {
        byte[] json = EventEncoder.metadataJson(event);
        yield json == null ? null : new String(json, StandardCharsets.UTF_8);
      }
      case UUID -> event.eventId().toString();
    };
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }
}
