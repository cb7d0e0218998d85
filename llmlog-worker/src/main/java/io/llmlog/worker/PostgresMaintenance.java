package io.llmlog.worker;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the partitions of the months ahead; a connection of its own for each round. */
final class PostgresMaintenance implements Maintenance {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresMaintenance.class);

  /** Longer than the locks that it waits for; nobody waits for its answer. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);

  private final Partitions partitions;
  private final Clock clock;

  private PostgresMaintenance(Partitions partitions, Clock clock) {
    this.partitions = partitions;
    this.clock = clock;
  }

  /**
   * @throws IllegalArgumentException if the URL or the schema's name is wrong
   */
  static PostgresMaintenance create(String url, String schema) {
    return new PostgresMaintenance(
        new Partitions(
            new PostgresDataSource(PostgresUrl.parse(url), ANSWER_TIMEOUT), new SchemaName(schema)),
        Clock.systemUTC());
  }

  @Override
  public void run() throws Exception {
    Partitions.Result result = partitions.ensure(clock.instant(), Partitions.MONTHS_AHEAD);
    if (!result.created().isEmpty()) {
      LOG.info("Made partitions {}", result.created());
    }
    for (Partitions.Stuck stuck : result.stuck()) {
      LOG.warn("Partition {} could not be made: {}", stuck.partition(), stuck.reason());
    }
    if (result.defaultInUse()) {
      LOG.warn("The DEFAULT partition holds rows, which belong into partitions of their month");
    }
  }
}
