package io.llmlog.worker;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Archive;
import io.llmlog.jdbc.maintain.MaintenanceReport;
import io.llmlog.jdbc.maintain.Partitions.Stuck;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The maintenance of the tables in PostgreSQL, and what the log says of it. */
final class PostgresMaintenance implements Maintenance {
  /** Longer than any step takes; nobody waits for its answer. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(15);

  /** A person who did not act on a warning is told again, but not each hour. */
  private static final Duration SAID_AGAIN_AFTER = Duration.ofHours(24);

  private final TableMaintenance tables;
  private final Clock clock;
  private final Logger log;
  private final Map<String, Instant> said = new HashMap<>();

  PostgresMaintenance(TableMaintenance tables, Clock clock, Logger log) {
    this.tables = tables;
    this.clock = clock;
    this.log = log;
  }

  /**
   * @param archive keeps partitions before they are dropped; null: they are just dropped
   * @throws IllegalArgumentException if the URL or the schema's name is wrong
   */
  static PostgresMaintenance create(
      String url, String schema, Retention retention, @Nullable Archive archive) {
    return new PostgresMaintenance(
        new TableMaintenance(
            new PostgresDataSource(PostgresUrl.parse(url), ANSWER_TIMEOUT),
            new SchemaName(schema),
            retention,
            archive),
        Clock.systemUTC(),
        LoggerFactory.getLogger(PostgresMaintenance.class));
  }

  @Override
  public MaintenanceStatus run() throws Exception {
    Instant now = clock.instant();
    MaintenanceReport report = tables.run(now);
    sayWhatWasDone(report);
    // One cause often has many consequences.
    Map<String, List<String>> causes = new LinkedHashMap<>();
    for (Stuck stuck : report.stuck()) {
      causes.computeIfAbsent(stuck.reason(), reason -> new ArrayList<>()).add(stuck.partition());
    }
    List<String> warnings = new ArrayList<>();
    causes.forEach(
        (reason, names) ->
            warnings.add(
                "Not all tables could be looked after; messages are stored all the same. "
                    + reason
                    + ": "
                    + String.join(", ", names)));
    report
        .defaultRows()
        .forEach(
            (table, rows) -> {
              if (rows > 0) {
                warnings.add(
                    "Rows stand in the DEFAULT partition of "
                        + table
                        + ": their time is too far ahead, or its partition could not be made");
              }
            });
    warn(warnings, now);
    return new MaintenanceStatus(
        report.at(),
        null,
        report.elsewhere(),
        report.partitions(),
        report.defaultRows(),
        report.dropped(),
        report.deleted(),
        report.stuck().stream().map(one -> one.partition() + ": " + one.reason()).toList());
  }

  private void sayWhatWasDone(MaintenanceReport report) {
    if (!report.created().isEmpty()) {
      log.info("Made partitions {}", report.created());
    }
    if (!report.moved().isEmpty()) {
      log.info("Moved rows out of the DEFAULT partition into {}", report.moved());
    }
    if (!report.dropped().isEmpty()) {
      log.info("Dropped partitions past retention: {}", report.dropped());
    }
    if (!report.deleted().isEmpty()) {
      log.info("Deleted rows past retention from {}", report.deleted());
    }
  }

  private void warn(List<String> warnings, Instant now) {
    said.keySet().retainAll(warnings);
    for (String warning : warnings) {
      Instant last = said.get(warning);
      if (last == null || Duration.between(last, now).compareTo(SAID_AGAIN_AFTER) >= 0) {
        said.put(warning, now);
        log.warn("{}", warning.replaceAll("\\p{Cc}+", " "));
      }
    }
  }
}
