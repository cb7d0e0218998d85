package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.Roles;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.UsageAnswer.Source;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.PostgresStandby;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.helpers.NOPLogger;

/** Questions to a real streaming standby. */
class ReplicaIT {
  @RegisterExtension static final PostgresServer PRIMARY = PostgresServer.embedded();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final String INSERT =
      "INSERT INTO analytics.llm_logs (action, cost_usd) VALUES ('ask', 1)";

  private final AtomicLong skipped = new AtomicLong();
  private volatile @Nullable Long stopped;
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void questions_goToTheReplica_thatSaysHowFarItIsBehind() throws Exception {
    String url = database();
    try (PostgresStandby standby = PRIMARY.standby()) {
      UsageQueries queries = queries(url, standby.url(url));
      UsageAnswer fresh = await(queries, answer -> answer.total().calls() == 1);
      assertEquals(Source.REPLICA, fresh.origin().source());
      assertNull(fresh.origin().fallback());
      // Also while the primary is idle.
      await(queries, answer -> Duration.ZERO.equals(answer.origin().lag()));

      standby.pauseReplay();
      PostgresServer.execute(url, INSERT);
      UsageAnswer unknown = await(queries, answer -> answer.origin().lag() == null);
      assertEquals(1, unknown.total().calls(), "it has replayed nothing that tells a time");
      standby.resumeReplay();
      await(queries, answer -> answer.total().calls() == 2);

      standby.pauseReplay();
      PostgresServer.execute(url, INSERT);
      UsageAnswer stale = await(queries, answer -> !Duration.ZERO.equals(answer.origin().lag()));
      assertEquals(Source.REPLICA, stale.origin().source());
      assertEquals(2, stale.total().calls(), "the third call is not replayed");
      Duration lag = stale.origin().lag();
      assertNotNull(lag);
      await(queries, a -> a.origin().lag() != null && a.origin().lag().compareTo(lag) > 0);

      standby.resumeReplay();
      UsageAnswer caughtUp = await(queries, answer -> answer.total().calls() == 3);
      assertEquals(Source.REPLICA, caughtUp.origin().source());
      await(queries, answer -> Duration.ZERO.equals(answer.origin().lag()));
    }
  }

  @Test
  void whileTheReplicaIsAway_thePrimaryAnswersAndSaysSo() throws Exception {
    String url = database();
    try (PostgresStandby standby = PRIMARY.standby()) {
      UsageQueries queries = queries(url, standby.url(url));
      await(
          queries,
          answer -> answer.origin().source() == Source.REPLICA && answer.total().calls() == 1);
      // From here on time passes where it is said: a start may take longer than a replica is left.
      stopped = System.nanoTime();
      standby.stop();
      int before = asked.get();
      UsageAnswer answer = queries.ask(UsageQuery.groupedBy());
      assertEquals(Source.PRIMARY, answer.origin().source());
      assertEquals(Duration.ZERO, answer.origin().lag());
      String why = answer.origin().fallback();
      assertNotNull(why);
      assertTrue(why.contains(place(standby.url(url))), why);
      assertEquals(1, answer.total().calls());
      for (int i = 0; i < 10; i++) {
        assertEquals(why, queries.ask(UsageQuery.groupedBy()).origin().fallback());
      }
      assertEquals(before + 1, asked.get(), "the dead replica is left alone for a while");

      standby.start();
      assertEquals(Source.PRIMARY, queries.ask(UsageQuery.groupedBy()).origin().source());
      skipped.addAndGet(Duration.ofSeconds(30).toNanos());
      UsageAnswer back = queries.ask(UsageQuery.groupedBy());
      assertEquals(Source.REPLICA, back.origin().source());
      assertNull(back.origin().fallback());
    }
  }

  @Test
  void aQueryThatIsInTheWayOfTheReplay_isAnsweredByThePrimary() throws Exception {
    String url = database();
    try (PostgresStandby standby = PRIMARY.standby()) {
      PostgresServer.execute(standby.url(), "ALTER SYSTEM SET max_standby_streaming_delay = 0");
      PostgresServer.execute(standby.url(), "SELECT pg_reload_conf()");
      ReadDatabase database = reading(url, standby.url(url));
      await(new UsageQueries(database, SCHEMA), answer -> answer.total().calls() == 1);
      ReadDatabase.Reading<Boolean> reading =
          database.read(
              connection -> {
                try (var statement = connection.createStatement()) {
                  statement.executeQuery("SELECT count(*) FROM analytics.llm_log_usage").close();
                  boolean inRecovery;
                  try (var row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                    row.next();
                    inRecovery = row.getBoolean(1);
                  }
                  if (inRecovery) {
                    // Takes the lock away that the transaction holds.
                    PostgresServer.execute(
                        url, "ALTER TABLE analytics.llm_log_hourly_sums ADD COLUMN more int");
                    statement.execute("SELECT pg_sleep(20)");
                  }
                  return inRecovery;
                }
              });
      assertEquals(false, reading.value());
      assertEquals(Source.PRIMARY, reading.origin().source());
      assertTrue(
          String.valueOf(reading.origin().fallback()).contains("conflict with recovery"),
          reading.origin().toString());
    }
  }

  @Test
  void whereThePrimarysRoleOnlyWrites_theReplicasUserAsksThere() throws Exception {
    String url = database();
    PostgresUrl writer = PostgresUrl.parse(Roles.url(url, "writer"));
    PostgresUrl nowhere = PostgresUrl.parse("postgresql://127.0.0.1:1/d");
    PostgresUrl away = nowhere.withLoginOf(PostgresUrl.parse(Roles.url(url, "reader")));
    for (PostgresUrl replica : new PostgresUrl[] {away, nowhere}) {
      UsageQueries queries =
          new UsageQueries(
              ReadDatabase.of(writer, replica, Duration.ofSeconds(30), NOPLogger.NOP_LOGGER),
              SCHEMA);
      if (replica == away) {
        UsageAnswer answer = queries.ask(UsageQuery.groupedBy());
        assertEquals(1, answer.total().calls());
        assertEquals(Source.PRIMARY, answer.origin().source());
      } else {
        UsageException refused =
            assertThrows(UsageException.class, () -> queries.total(null, null));
        assertTrue(refused.getMessage().contains("needs USAGE"), refused.getMessage());
      }
    }
  }

  @Test
  void aWrongLogin_isAFaultToMend_andNotPassedBy() throws Exception {
    String url = database();
    DataSource wrong = source(url.replaceFirst(":llmlog@", ":wrong@"));
    UsageQueries queries =
        new UsageQueries(
            new ReadDatabase(source(url), wrong, Duration.ofSeconds(30), NOPLogger.NOP_LOGGER),
            SCHEMA);
    UsageException refused = assertThrows(UsageException.class, () -> queries.total(null, null));
    assertTrue(refused.getMessage().contains("28P01"), refused.getMessage());
  }

  @Test
  void aReplicaThatIsNone_isCalledThePrimaryThatItIs() throws Exception {
    String url = database();
    UsageAnswer answer = queries(url, url).ask(UsageQuery.groupedBy());
    assertEquals(Source.PRIMARY, answer.origin().source());
    assertEquals(Duration.ZERO, answer.origin().lag());
    assertNull(answer.origin().fallback());
  }

  private static String database() throws Exception {
    String url = PRIMARY.createDatabase("replicated");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, Instant.now());
    Roles.create(url, SCHEMA);
    PostgresServer.execute(url, INSERT);
    return url;
  }

  private static String place(String url) {
    return PostgresUrl.parse(url).place();
  }

  private UsageQueries queries(String url, String replica) {
    return new UsageQueries(reading(url, replica), SCHEMA);
  }

  private ReadDatabase reading(String url, String replica) {
    // The role has the views and no right to see more of the server.
    return new ReadDatabase(
        ReadDatabase.Server.of(source(Roles.url(url, "reader"))),
        null,
        ReadDatabase.Server.of(new Counting(source(Roles.url(replica, "reader")), asked).proxy()),
        Duration.ofSeconds(30),
        NOPLogger.NOP_LOGGER,
        this::nanoTime);
  }

  private long nanoTime() {
    Long at = stopped;
    return (at == null ? System.nanoTime() : at) + skipped.get();
  }

  private static DataSource source(String url) {
    return new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30));
  }

  /** Counts how often a database is asked for a connection. */
  private record Counting(DataSource source, AtomicInteger asked) {
    DataSource proxy() {
      return (DataSource)
          java.lang.reflect.Proxy.newProxyInstance(
              ReplicaIT.class.getClassLoader(),
              new Class<?>[] {DataSource.class},
              (self, method, arguments) -> {
                if (method.getName().equals("getConnection")) {
                  asked.incrementAndGet();
                }
                try {
                  return method.invoke(source, arguments);
                } catch (java.lang.reflect.InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  private static UsageAnswer await(UsageQueries queries, Predicate<UsageAnswer> wanted)
      throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      UsageAnswer answer = null;
      try {
        answer = queries.ask(UsageQuery.groupedBy());
        if (wanted.test(answer)) {
          return answer;
        }
      } catch (UsageException e) {
        // A standby that has not replayed the database yet.
        assertTrue(System.nanoTime() < deadline, e.getMessage());
      }
      assertTrue(System.nanoTime() < deadline, "within 30 s: " + answer);
    }
  }
}
