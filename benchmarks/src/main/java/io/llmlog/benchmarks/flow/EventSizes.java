package io.llmlog.benchmarks.flow;

import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What an event takes at each place of its way: the calls of one day, sent as a service sends them
 * and stored as a worker stores them.
 */
final class EventSizes {
  /** In one partition, and old enough for each sum of maintenance. */
  private static final Instant DAY = Instant.parse("2026-09-15T00:00:00Z");

  private static final Instant LATER = DAY.plus(Duration.ofDays(9));
  private static final String ROWS = "llm_logs_2026_09";
  private static final String CONTENTS = "llm_log_contents_2026_09_15";

  private static final int BATCH = 1000;
  private static final int SENT_AT_ONCE = 500;
  private static final int CONTENTS_MEASURED = 2000;
  private static final String QUEUE = "sizing";
  private static final Period FOR_EVER = Period.ofYears(3000);

  /** A prompt and an answer of a usual length, in characters. */
  private static final int PROMPT = 4000;

  private static final int ANSWER = 1000;

  private static final String[] WORDS =
      ("the of and to in a is that for it as was with be by on not he his but at are this have from"
              + " or had an they which one you were all her she there would their we him been has"
              + " when who will no more if out so up said what its about than into them can only"
              + " other time new some could these two may first then do any like my now over such"
              + " our man me even most made after also did many off before must well back through"
              + " years much where your way down should because long each just state people those"
              + " candidate interview question answer experience project company skill team role")
          .split(" ", -1);

  private final Servers servers;
  private final int events;

  EventSizes(Servers servers, int events) {
    this.servers = servers;
    this.events = events;
  }

  /**
   * Bytes of one event.
   *
   * @param message as it is sent
   * @param redis of the list by {@code MEMORY USAGE}
   * @param redisGrowth by which {@code used_memory} grew
   * @param parts of the table: its rows, then each index by its columns
   * @param hourly a row of the rollup by hour, with its indexes
   * @param daily a row of the rollup by day, with its indexes
   */
  record Sizes(
      double message,
      double redis,
      double redisGrowth,
      Map<String, Double> parts,
      double hourly,
      double daily) {
    /** Table and indexes together. */
    double stored() {
      return parts.values().stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /**
   * Bytes of one prompt with its answer.
   *
   * @param json by which the message is longer
   * @param stored in the table of contents, with its index
   */
  record ContentSizes(double json, double stored) {}

  Sizes of(Calls.Shape shape) throws Exception {
    List<Message> messages = messages(shape);
    String url = servers.database("sizing", DAY);
    store(url, messages);
    new TableMaintenance(
            new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(1)),
            Servers.SCHEMA,
            new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5)),
            null)
        .run(LATER);
    vacuum(url);
    double[] redis = redis(messages);
    return new Sizes(
        messages.stream().mapToLong(message -> message.bytes().length).sum() / (double) events,
        redis[0],
        redis[1],
        parts(url),
        rowOf(url, "llm_log_hourly_sums"),
        rowOf(url, "llm_log_daily"));
  }

  private List<Message> messages(Calls.Shape shape) {
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10);
    Calls calls = new Calls(shape, 1);
    List<Message> messages = new ArrayList<>(events);
    Duration each = Duration.ofDays(1).dividedBy(events);
    for (int i = 0; i < events; i++) {
      LlmEvent event = calls.next(DAY.plus(each.multipliedBy(i)));
      messages.add(new Message(encoder.encode(event), event.eventId(), DAY));
    }
    return messages;
  }

  private double[] redis(List<Message> messages) throws Exception {
    String url = servers.redisUrl();
    try (RedisLine redis = servers.redis();
        EventSender sender = Providers.queue(url).sender(new QueueSettings(url, QUEUE))) {
      long before = redis.info("memory", "used_memory");
      for (int i = 0; i < messages.size(); i += SENT_AT_ONCE) {
        sender.send(
            messages.subList(i, Math.min(messages.size(), i + SENT_AT_ONCE)).stream()
                .map(Message::bytes)
                .toList());
      }
      double grown = redis.info("memory", "used_memory") - before;
      // All samples: else it guesses from a few.
      double usage = redis.number("MEMORY", "USAGE", QUEUE, "SAMPLES", "0");
      checkLength(redis, messages.size());
      redis.call("DEL", QUEUE);
      return new double[] {usage / messages.size(), grown / messages.size()};
    }
  }

  private static void checkLength(RedisLine redis, int wanted) throws IOException {
    long length = redis.number("LLEN", QUEUE);
    if (length != wanted) {
      throw new IllegalStateException(length + " messages in Redis in place of " + wanted);
    }
  }

  private static void store(String url, List<Message> messages) throws Exception {
    int stored = 0;
    try (EventWriter writer =
        PostgresWriter.create(
            new StoreSettings(
                url, Servers.SCHEMA.name(), FOR_EVER, 1, Duration.ofMinutes(1), FOR_EVER))) {
      for (int i = 0; i < messages.size(); i += BATCH) {
        stored += writer.write(messages.subList(i, Math.min(messages.size(), i + BATCH))).stored();
      }
    }
    if (stored != messages.size()) {
      throw new IllegalStateException(stored + " rows are stored of " + messages.size());
    }
  }

  private static void vacuum(String url) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement()) {
      // As autovacuum does it.
      statement.execute("VACUUM ANALYZE");
    }
  }

  private Map<String, Double> parts(String url) throws SQLException {
    String table = "'" + Servers.SCHEMA.table(ROWS) + "'::regclass";
    Map<String, Double> parts = new LinkedHashMap<>();
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet sizes =
            statement.executeQuery(
                """
                SELECT 'row', pg_table_size(%1$s)
                UNION ALL
                SELECT 'index `' || regexp_replace(substring(pg_get_indexdef(indexrelid), '\\(.*\\)'),
                  'date_bin\\(''01:00:00''[^)]*\\)', 'hour') || '`',
                  pg_relation_size(indexrelid)
                FROM pg_index WHERE indrelid = %1$s
                ORDER BY 2 DESC
                """
                    .formatted(table))) {
      while (sizes.next()) {
        parts.put(sizes.getString(1), sizes.getLong(2) / (double) events);
      }
    }
    return parts;
  }

  private static double rowOf(String url, String table) throws SQLException {
    String name = Servers.SCHEMA.table(table);
    return Double.parseDouble(
        Servers.text(
            url,
            "SELECT pg_total_relation_size('%1$s')::float8 / count(*) FROM %1$s".formatted(name)));
  }

  /** What prompts and answers take where they are captured. */
  ContentSizes contents() throws Exception {
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, true, 256 << 10);
    EventEncoder without = new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10);
    Calls calls = new Calls(Calls.Shape.USUAL, 1);
    SplittableRandom random = new SplittableRandom(1);
    List<Message> messages = new ArrayList<>();
    long json = 0;
    for (int i = 0; i < CONTENTS_MEASURED; i++) {
      LlmEvent event =
          calls
              .nextBuilder(DAY.plusSeconds(i))
              .request(Map.of("messages", List.of(said("user", PROMPT, random))))
              .response(said("assistant", ANSWER, random))
              .build();
      byte[] bytes = encoder.encode(event);
      json += bytes.length - without.encode(event).length;
      messages.add(new Message(bytes, event.eventId(), DAY));
    }
    String url = servers.database("contents", DAY);
    store(url, messages);
    vacuum(url);
    return new ContentSizes(json / (double) CONTENTS_MEASURED, rowOf(url, CONTENTS));
  }

  private static Map<String, String> said(String role, int characters, SplittableRandom random) {
    StringBuilder text = new StringBuilder(characters + 16);
    while (text.length() < characters) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    return Map.of("role", role, "content", text.substring(0, characters));
  }
}
