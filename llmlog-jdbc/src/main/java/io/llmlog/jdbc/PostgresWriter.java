package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.TemporalAmount;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches into {@code llm_logs}: one transaction each, rows first, then contents where they
 * are captured, then dead letters. What is likely to be new goes the {@link FastRoad}, and what
 * that could not store, or is not for it, the {@link SureRoad}.
 *
 * <p>Safe for use by several threads at once; each uses a connection of the writer's own pool.
 * Nothing connects before the first write or {@link #prepare}.
 */
public final class PostgresWriter implements EventWriter {
  private final PostgresUrl url;
  private final TemporalAmount retention;
  private final @Nullable TemporalAmount contentRetention;
  private final Clock clock;
  private final Limits limits;
  private final DeadLetters deadLetters;
  private final FastRoad fastRoad;
  private final SureRoad sureRoad;
  private final ConnectionPool pool;

  private PostgresWriter(PostgresUrl url, StoreSettings settings, Clock clock) {
    SchemaName schema = new SchemaName(settings.schema());
    this.url = url;
    this.retention = settings.retention();
    this.contentRetention = settings.contentRetention();
    this.clock = clock;
    this.limits = new Limits(settings.timeout());
    this.deadLetters = new DeadLetters(schema);
    this.fastRoad = new FastRoad(schema, limits, deadLetters);
    this.sureRoad =
        new SureRoad(new Stage(schema, limits, contentRetention != null), deadLetters, url.place());
    this.pool = new ConnectionPool(url, settings.maxConnections(), settings.timeout());
  }

  /**
   * A writer of the real time.
   *
   * @throws IllegalArgumentException if the URL or another setting cannot be used
   */
  public static PostgresWriter create(StoreSettings settings) {
    return create(settings, Clock.systemUTC());
  }

  /**
   * A writer whose clock says what is past retention.
   *
   * @throws IllegalArgumentException if the URL or another setting cannot be used
   */
  public static PostgresWriter create(StoreSettings settings, Clock clock) {
    return new PostgresWriter(PostgresUrl.parse(settings.url()), settings, clock);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Goes both roads of a batch: reads a message of its own and makes its rows, which stay here,
   * connects, copies no row at all, makes the stage, copies and inserts none there either, and
   * rolls back.
   */
  @Override
  public void prepare() throws WriteException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Horizon horizon = Horizon.of(clock, retention, contentRetention);
    SortedBatch sample = SortedBatch.read(List.of(sample()), horizon);
    CopyRows unusedFast = fastRoad.rows(sample);
    CopyRows unusedSure = sureRoad.rows(sample);
    SortedBatch none = SortedBatch.read(List.of(), horizon);
    try (Connection connection = pool.connection()) {
      fastRoad.prepare(connection, none);
      sureRoad.prepare(connection, none, contentRetention != null);
      WriteResult unusedResult = sample.result(0, sample.dead());
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public WriteResult write(List<Message> messages) throws WriteException, InterruptedException {
    return write(messages, EventWriter.mayRefuse(messages.size()));
  }

  @Override
  public WriteResult write(List<Message> messages, int mayRefuse)
      throws WriteException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    SortedBatch batch = SortedBatch.read(messages, Horizon.of(clock, retention, contentRetention));
    boolean fast = fastRoad.isFor(batch, clock.instant());
    // Before a connection is taken: making them may take long, or fail.
    CopyRows rows = fast ? fastRoad.rows(batch) : sureRoad.rows(batch);
    try (Connection connection = pool.connection()) {
      WriteResult result = fast ? fastRoad.write(connection, batch, rows) : null;
      if (result != null) {
        return result;
      }
      return sureRoad.write(connection, batch, fast ? sureRoad.rows(batch) : rows, mayRefuse);
    } catch (SQLException e) {
      throw failed(e);
    } finally {
      rows.release();
    }
  }

  @Override
  public void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    try (Connection connection = pool.connection()) {
      limits.set(connection);
      deadLetters.add(connection, List.of(DeadLetter.of(0, message, reason)));
      connection.commit();
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public Connections connections() {
    return pool.state();
  }

  @Override
  public void close() {
    pool.close();
  }

  /** A message with a value of each kind, with and without a column that it fits. */
  private Message sample() {
    Instant now = clock.instant();
    String json =
        """
        {"created_at":"%s","event_id":"00000000-0000-7000-8000-000000000000","action":"prepare",\
        "message":"ü","tokens_input":1,"tokens_output":"2","cost_usd":0.000001,"streaming":true,\
        "latency_ms":"soon","metadata":{"list":[1.5,null]},"other":{"key":"value"},\
        "request":{"a":[1]},"response":"b"}"""
            .formatted(now);
    return new Message(json.getBytes(StandardCharsets.UTF_8), new UUID(0, 0), now);
  }

  private WriteException failed(SQLException e) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return new WriteException(SqlErrors.kind(e), describe(e), e, SqlErrors.state(e));
  }

  private String describe(SQLException e) {
    String remedy =
        switch (String.valueOf(SqlErrors.state(e))) {
          case "42P01", "42703", "3F000" -> "; run: llmlog schema apply";
          case "3D000" -> "; run: llmlog schema apply --create-database";
          default -> "";
        };
    return "PostgreSQL at " + url.place() + ": " + SqlErrors.text(e) + remedy;
  }
}
