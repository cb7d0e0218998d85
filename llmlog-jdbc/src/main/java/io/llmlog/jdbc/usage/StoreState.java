package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * The store at one moment, cheap however many rows it holds: sizes and rows come from the catalog,
 * and what is counted is bounded. Immutable.
 *
 * <p>What the role may not see is no error: its figure is 0, empty or an estimate then, and {@link
 * #unseen} says so.
 *
 * @param schemaVersion the number of the newest migration that was applied; 0: none
 * @param deadLetters how many messages wait for a person, at most {@link #MOST_DEAD_LETTERS}
 * @param defaultRows rows of {@code llm_logs} outside of all partitions of their time, at most
 *     {@link #MOST_DEFAULT_ROWS}; a hypertable has none
 * @param slices the partitions or chunks of rows and contents, without DEFAULT, in the order of
 *     their time
 * @param rollupLag for how long the oldest day behind the newest whole one could have been summed
 *     up and is not; zero: none waits. A past day that got a late row waits for the next round of
 *     maintenance, and is none of them
 * @param slow what the server is working on for more than a second, the longest first
 * @param bytes of all tables with their indexes; of a hypertable without its compressed chunks
 * @param unseen what the role may not see, with a sentence
 */
public record StoreState(
    int schemaVersion,
    long deadLetters,
    long defaultRows,
    List<Slice> slices,
    Duration rollupLag,
    List<SlowStatement> slow,
    long bytes,
    Map<Part, String> unseen) {
  /** Counting ends there: more are as bad. */
  public static final long MOST_DEAD_LETTERS = 1_000_000;

  /** Counting ends there: one is an alarm. */
  public static final long MOST_DEFAULT_ROWS = 10_000;

  public StoreState {
    slices = List.copyOf(slices);
    slow = List.copyOf(slow);
    unseen = Map.copyOf(unseen);
  }

  /** A state of which all is seen. */
  public StoreState(
      int schemaVersion,
      long deadLetters,
      long defaultRows,
      List<Slice> slices,
      Duration rollupLag,
      List<SlowStatement> slow,
      long bytes) {
    this(schemaVersion, deadLetters, defaultRows, slices, rollupLag, slow, bytes, Map.of());
  }

  /** What a role may be unable to see. */
  public enum Part {
    DEAD_LETTERS,
    /** An estimate stands in. */
    DEFAULT_ROWS,
    SLICES,
    ROLLUP_LAG,
    /** Those of other roles are missing. */
    SLOW
  }

  /**
   * A partition or chunk.
   *
   * @param table what it is a part of: {@code llm_logs} or {@code llm_log_contents}
   * @param name its own name, without the schema
   * @param from the first moment; before the year 1 where it has no beginning
   * @param to the first moment after; past the year 9999 where it has no end
   * @param estimatedRows what the server believes, as of its last look
   * @param bytes with indexes
   */
  public record Slice(
      String table, String name, Instant from, Instant to, long estimatedRows, long bytes) {}

  /**
   * A statement that takes its time.
   *
   * @param running for how long so far
   * @param state {@code active} or {@code waiting for a lock}
   * @param application by its connection's {@code application_name}, which anybody may choose
   * @param text shortened, and without literals
   */
  public record SlowStatement(Duration running, String state, String application, String text) {}

  /**
   * Reads it.
   *
   * @throws UsageException if no database answers, or it has no such tables
   */
  public static StoreState read(ReadDatabase database, SchemaName schema) throws UsageException {
    return database.read(connection -> new StoreLook(connection, schema).look()).value();
  }

  /**
   * Reads it from one database, with half a minute for each statement.
   *
   * @throws UsageException as {@link #read(ReadDatabase, SchemaName)}
   */
  public static StoreState read(DataSource database, SchemaName schema) throws UsageException {
    return read(ReadDatabase.of(database), schema);
  }
}
