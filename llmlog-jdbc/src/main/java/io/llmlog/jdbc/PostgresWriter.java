package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches into {@code llm_logs}: one transaction each, rows first, then contents where they
 * are captured, then dead letters.
 *
 * <p>Safe for use by several threads at once; each uses a connection of the writer's own pool.
 * Nothing connects before the first write or {@link #prepare}.
 */
public final class PostgresWriter implements EventWriter {
  private final PostgresUrl url;
  private final TemporalAmount retention;
  private final @Nullable TemporalAmount contentRetention;
  private final Clock clock;
  private final Stage stage;
  private final DeadLetters deadLetters;
  private final ConnectionPool pool;

  private PostgresWriter(PostgresUrl url, StoreSettings settings, Clock clock) {
    SchemaName schema = new SchemaName(settings.schema());
    this.url = url;
    this.retention = settings.retention();
    this.contentRetention = settings.contentRetention();
    this.clock = clock;
    this.stage = new Stage(schema, settings.timeout(), contentRetention != null);
    this.deadLetters = new DeadLetters(schema);
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
   * <p>Goes the road of a batch: reads a message of its own and makes its row, which stays here,
   * connects, makes the stage, copies and inserts no row at all, and rolls back.
   */
  @Override
  public void prepare() throws WriteException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Horizon horizon = Horizon.of(clock, retention, contentRetention);
    SortedBatch sample = SortedBatch.read(List.of(sample()), horizon);
    CopyRows unusedRows = stage.rows(sample);
    CopyRows none = stage.rows(SortedBatch.read(List.of(), horizon));
    try (Connection connection = pool.connection()) {
      stage.begin(connection);
      stage.fill(connection, none);
      int stored = stage.insertAll(connection, contentRetention != null);
      connection.rollback();
      WriteResult unusedResult = result(sample, stored, sample.dead());
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
    CopyRows rows = stage.rows(batch);
    try (Connection connection = pool.connection()) {
      try {
        return writeAll(connection, batch, rows);
      } catch (RowRefusedException e) {
        connection.rollback();
        return writeGood(connection, batch, rows, mayRefuse);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    try (Connection connection = pool.connection()) {
      stage.limit(connection);
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

  private WriteResult writeAll(Connection connection, SortedBatch batch, CopyRows rows)
      throws SQLException, RowRefusedException {
    stage.begin(connection);
    int stored = 0;
    if (!batch.rows().isEmpty()) {
      stage.fill(connection, rows);
      try {
        stored = stage.insertAll(connection, batch.hasContents());
      } catch (SQLException e) {
        if (SqlErrors.blamesRow(e)) {
          throw new RowRefusedException(e);
        }
        throw e;
      }
    }
    deadLetters.add(connection, batch.dead());
    connection.commit();
    return result(batch, stored, batch.dead());
  }

  /** Stores all but the rows that the database refuses, in one transaction. */
  private WriteResult writeGood(
      Connection connection, SortedBatch batch, CopyRows rows, int mayRefuse)
      throws SQLException, WriteException {
    stage.begin(connection);
    int stored = 0;
    List<DeadLetter> refused = new ArrayList<>();
    SortedBatch round = batch;
    CopyRows staged = rows;
    while (!round.rows().isEmpty()) {
      stage.fill(connection, staged);
      GoodRows good =
          GoodRows.insert(
              connection,
              stage,
              round,
              soFar -> {
                if (refused.size() + soFar.size() > mayRefuse) {
                  connection.rollback();
                  throw tooMany(batch, mayRefuse, soFar.get(0));
                }
              });
      stored += good.stored();
      refused.addAll(good.refused());
      round = round.insteadOf(good.refused());
      staged = stage.rows(round);
      stage.empty(connection);
    }
    List<DeadLetter> dead = new ArrayList<>(batch.dead());
    dead.addAll(refused);
    deadLetters.add(connection, dead);
    connection.commit();
    return result(batch, stored, dead);
  }

  private TooManyRefusedException tooMany(SortedBatch batch, int mayRefuse, DeadLetter one) {
    return new TooManyRefusedException(
        "PostgreSQL at %s refuses more than %d of %d rows, the first: %s"
            .formatted(url.place(), mayRefuse, batch.size(), one.reason()),
        one.sqlState());
  }

  private static WriteResult result(SortedBatch batch, int stored, List<DeadLetter> dead) {
    return new WriteResult(
        stored,
        batch.size() - stored - dead.size(),
        dead.stream()
            .map(
                letter ->
                    new WriteResult.DeadLetter(
                        letter.index(), letter.reason(), letter.sqlState() != null))
            .sorted(Comparator.comparingInt(WriteResult.DeadLetter::index))
            .toList());
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

  /** One row of the batch is to blame, and which is not known yet. */
  private static final class RowRefusedException extends Exception {
    RowRefusedException(SQLException cause) {
      super(cause);
    }
  }
}
