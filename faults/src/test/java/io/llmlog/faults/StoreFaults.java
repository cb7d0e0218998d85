package io.llmlog.faults;

import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a PostgreSQL may do, on a real one; it proves each by its answers to the writer's role. */
final class StoreFaults {
  /** The last statement of a writer's session has put rows into the table, on either road. */
  static final String STORING = "(query LIKE 'INSERT%' OR query LIKE 'COPY \"%')";

  private static final String INSERT = "INSERT INTO llm_logs (action) VALUES ('probe')";

  private final PostgresServer server;
  private final Database database;
  private @Nullable Connection locking;

  StoreFaults(Scene scene) {
    server = scene.store().server();
    database = scene.database();
  }

  /** As a crash: what was not committed is gone, and it recovers when it starts. */
  Fault stoppedImmediately() {
    return Fault.named("PostgreSQL stopped immediately, started again")
        .by(server::stopImmediately)
        .shownBy(() -> state("08", database.refusal("SELECT 1")))
        .healedBy(server::restart);
  }

  Fault restarted() {
    long[] before = new long[1];
    return Fault.named("PostgreSQL restarted (fast)")
        .by(
            () -> {
              before[0] = started();
              server.restart();
            })
        .shownBy(
            () -> {
              long after = started();
              return after == before[0]
                  ? null
                  : "a postmaster " + (after - before[0]) + " ms younger";
            })
        .passing();
  }

  private long started() throws SQLException {
    return database.number("SELECT extract(epoch FROM pg_postmaster_start_time()) * 1000");
  }

  /** Somebody locks the table for longer than any timeout. */
  Fault locked() {
    return Fault.named("llm_logs locked (LOCK TABLE … ACCESS EXCLUSIVE)")
        .by(() -> lock("ACCESS EXCLUSIVE"))
        .shownBy(
            () -> {
              long waiting = waiting();
              return waiting == 0 ? null : "sessions waiting for the lock: " + waiting;
            })
        .healedBy(this::unlock);
  }

  /** Takes a lock that holds writers up; until {@link #unlock}. */
  void lock(String mode) throws SQLException {
    Connection connection = database.connect();
    locking = connection;
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE llm_logs IN " + mode + " MODE");
    }
  }

  void unlock() throws SQLException {
    Connection connection = Objects.requireNonNull(locking);
    connection.rollback();
    connection.close();
    locking = null;
  }

  /** How many of the writer's sessions wait for a lock to store rows. */
  long waiting() throws SQLException {
    return sessions(
        "wait_event_type = 'Lock' AND ("
            + STORING
            + " OR query LIKE '%LOCK TABLE ONLY % IN ROW EXCLUSIVE MODE%')");
  }

  /** How many of the writer's sessions are so. */
  long sessions(String condition) throws SQLException {
    return database.number(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = '%s' AND %s"
            .formatted(database.role(), condition));
  }

  Fault tooManyConnections() {
    return Fault.named("PostgreSQL has too many connections (role's limit 0)")
        .by(
            () -> {
              database.execute("ALTER ROLE " + database.role() + " CONNECTION LIMIT 0");
              terminate();
            })
        .shownBy(() -> state("53300", database.refusal("SELECT 1")))
        .healedBy(() -> database.execute("ALTER ROLE " + database.role() + " CONNECTION LIMIT -1"));
  }

  /** An administrator ends the sessions. */
  Fault terminated() {
    return Fault.named("PostgreSQL's sessions terminated (57P01)")
        .by(() -> {})
        .shownBy(
            () -> {
              long ended = terminate();
              return ended == 0 ? null : "pg_terminate_backend ended " + ended;
            })
        .passing();
  }

  private long terminate() throws SQLException {
    return database.number(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '"
            + database.role()
            + "'");
  }

  Fault passwordChanged() {
    return Fault.named("PostgreSQL refuses the password (changed, sessions terminated)")
        .by(
            () -> {
              database.execute("ALTER ROLE " + database.role() + " PASSWORD 'another'");
              terminate();
            })
        .shownBy(() -> state("28", database.refusal("SELECT 1")))
        .healedBy(
            () ->
                database.execute(
                    "ALTER ROLE " + database.role() + " PASSWORD '" + database.password() + "'"));
  }

  Fault tableMissing() {
    return Fault.named("table llm_logs missing")
        .by(() -> database.execute("ALTER TABLE llm_logs RENAME TO hidden"))
        .shownBy(() -> state("42P01", database.refusal(INSERT)))
        .healedBy(() -> database.execute("ALTER TABLE hidden RENAME TO llm_logs"));
  }

  Fault grantRevoked() {
    return Fault.named("the right to insert revoked")
        .by(() -> database.execute("REVOKE INSERT ON llm_logs FROM " + database.role()))
        .shownBy(() -> state("42501", database.refusal(INSERT)))
        .healedBy(() -> database.execute("GRANT INSERT ON llm_logs TO " + database.role()));
  }

  /** Neither the month nor the default has a place for the rows. */
  Fault partitionMissing() {
    return Fault.named("partitions detached: no place for the rows")
        .by(() -> database.execute(PARTITIONS))
        .shownBy(() -> state("23514", database.refusal(INSERT)))
        .healedBy(() -> database.execute("SELECT attach_all()"));
  }

  /** Remembers the bounds, detaches, and leaves a function that attaches again. */
  private static final String PARTITIONS =
      """
      CREATE TABLE detached AS SELECT relname, pg_get_expr(relpartbound, c.oid) AS bounds
        FROM pg_class c JOIN pg_inherits ON inhrelid = c.oid
        WHERE inhparent = 'llm_logs'::regclass;
      DO $$ DECLARE d record; BEGIN FOR d IN SELECT * FROM detached LOOP
        EXECUTE format('ALTER TABLE llm_logs DETACH PARTITION %I', d.relname);
      END LOOP; END $$;
      CREATE FUNCTION attach_all() RETURNS void LANGUAGE plpgsql AS $$
        DECLARE d record; BEGIN FOR d IN SELECT * FROM detached LOOP
          EXECUTE format('ALTER TABLE llm_logs ATTACH PARTITION %I %s', d.relname, d.bounds);
        END LOOP; END $$
      """;

  /** The tables move to a disk of few megabytes, which somebody fills. */
  Fault diskFull(Tmpfs disk) {
    return Fault.named("PostgreSQL's disk full (tablespace on a small tmpfs)")
        .by(
            () -> {
              tablespace(disk.directory());
              for (boolean room = true; room; ) {
                room = fill();
              }
            })
        .shownBy(() -> state("53100", database.refusal(INSERT_MUCH)))
        .healedBy(() -> database.execute("DROP TABLE filler"));
  }

  /** Where no disk can be mounted: the server says what it would say of a full one. */
  Fault saysThatItsDiskIsFull() {
    return Fault.named("PostgreSQL says that its disk is full (raised by a trigger)")
        .by(
            () ->
                database.execute(
                    """
                    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                      BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$;
                    CREATE TRIGGER full_disk BEFORE INSERT ON llm_logs
                      FOR EACH STATEMENT EXECUTE FUNCTION full_disk()
                    """))
        .shownBy(() -> state("53100", database.refusal(INSERT)))
        .healedBy(() -> database.execute("DROP TRIGGER full_disk ON llm_logs"));
  }

  /** More than fits into what is left of the last page. */
  private static final String INSERT_MUCH =
      "INSERT INTO llm_logs (action, message) SELECT 'probe',"
          + " (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 2000))"
          + " FROM generate_series(1, 20)";

  private void tablespace(Path directory) throws SQLException, IOException {
    String name = Store.tablespace(database);
    database.execute("CREATE TABLESPACE " + name + " LOCATION '" + directory + "'");
    database.execute("CREATE TABLE filler (bytes text STORAGE external) TABLESPACE " + name);
    database.execute(
        """
        DO $$ DECLARE r record; BEGIN
          FOR r IN SELECT relid FROM pg_partition_tree('llm_logs') WHERE isleaf LOOP
            EXECUTE format('ALTER TABLE %%s SET TABLESPACE %1$s', r.relid::regclass);
          END LOOP; END $$
        """
            .formatted(name));
  }

  private boolean fill() {
    try {
      database.execute("INSERT INTO filler SELECT repeat('x', 4000) FROM generate_series(1, 50)");
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static String state(String sqlState, String refusal) {
    return refusal.startsWith(sqlState) ? "PostgreSQL says: " + refusal : "";
  }
}
