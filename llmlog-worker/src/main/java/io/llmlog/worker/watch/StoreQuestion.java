package io.llmlog.worker.watch;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.spi.EventWriter;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Asks the store how it is: the primary, where the worker writes, for its version, and whoever is
 * there for reading for the rest. Each time by new connections, so that what holds up the pool of
 * the writer does not hold up the look at it.
 */
public final class StoreQuestion {
  private final Schema schema;
  private final SchemaName name;
  private final ReadDatabase reading;

  /** Whom to ask when the primary has just been silent; null where there is nobody else. */
  private final @Nullable ReadDatabase replicaAlone;

  private final Duration patience;

  /**
   * @param replica the read replica, or null where there is none
   * @param patience how long connecting, each answer of a login and a statement may take, to the
   *     second; a login of the driver has two, with encryption and without
   * @param log told when the replica fails, and when it is back
   */
  public StoreQuestion(
      PostgresUrl primary,
      @Nullable PostgresUrl replica,
      SchemaName schema,
      Duration patience,
      Logger log) {
    this.schema = new Schema(primary, schema);
    this.name = schema;
    this.reading = ReadDatabase.of(primary, replica, patience, patience, log);
    this.replicaAlone =
        replica == null ? null : ReadDatabase.of(replica, null, patience, patience, log);
    this.patience = patience;
  }

  /**
   * Asks once; a database that does not answer is an answer too.
   *
   * @param pool the connections of the writer, as they are now; null where it has no pool
   */
  public StoreView ask(EventWriter.@Nullable Connections pool) {
    String problem = null;
    String schemaProblem = null;
    Integer version = null;
    try {
      Schema.Status status = schema.status(patience);
      schemaProblem = schema.problem(status);
      version = status.inDatabase();
    } catch (SchemaException e) {
      problem = String.valueOf(e.getMessage());
    }
    ReadDatabase asked = version == null ? replicaAlone : version > 0 ? reading : null;
    boolean replica = replicaAlone != null;
    StoreState state = null;
    String unknown = null;
    Origin origin = null;
    if (asked != null) {
      try {
        state = StoreState.read(asked, name);
        origin = replica ? asked.origin() : null;
      } catch (UsageException e) {
        unknown = e.getMessage();
      }
    }
    return new StoreView(
        problem,
        state,
        Schema.programVersion(),
        schemaProblem,
        pool,
        origin == null || origin.fallback() != null ? null : origin.lag(),
        origin == null ? (replica ? unknown : null) : origin.fallback(),
        replica,
        version,
        unknown);
  }
}
