package io.llmlog.benchmarks;

import io.javalin.Javalin;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.usage.CallFilter;
import io.llmlog.jdbc.usage.CallPage.Call;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.dashboard.DashboardApi;
import io.llmlog.worker.usage.CachedUsage;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.Watch;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.List;

/** The dashboard's API on a server of its own on loopback, and a client of it. */
final class PagesServer implements AutoCloseable {
  private final CallQueries calls;
  private final Javalin server;
  private final HttpClient client = HttpClient.newHttpClient();

  PagesServer(PostgresUrl url, SchemaName schema, ReadDatabase database) throws Exception {
    this.calls = new CallQueries(database, schema);
    StoreState state = StoreState.read(database, schema);
    Watch watch = new Watch(before -> seen(state));
    watch.lookOnce();
    Retention retention = new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5));
    DashboardApi api =
        new DashboardApi(
            new CachedUsage(new UsageQueries(database, schema)),
            calls,
            new DeadLetterBox(url, schema, Period.ofMonths(13), null, Clock.systemUTC()),
            watch,
            List::of,
            retention,
            (question, took) -> {});
    this.server =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              api.addTo(config.routes);
            });
    server.start("127.0.0.1", 0);
  }

  private static Observation seen(StoreState state) {
    return new Observation(
        Instant.now(),
        new WorkerStatus(0, 0, 0, 0, 0, 0, 0, 0, List.of()),
        null,
        new QueueView(null, 0L, null, List.of()),
        new StoreView(null, state, state.schemaVersion(), null, null, null, null, false),
        null);
  }

  /** The path of the newest call before a moment. */
  String newestCall(Instant end) throws UsageException {
    CallFilter filter = CallFilter.between(end.minus(Duration.ofDays(365)), end);
    Call call = calls.newest(filter, null, 1).calls().get(0);
    return "calls/" + call.eventId() + "?created_at=" + call.createdAt();
  }

  /** Asks, and reads the answer to its end. */
  void get(String path) throws Exception {
    HttpResponse<byte[]> answer =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/" + path))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(
          path
              + ": "
              + answer.statusCode()
              + " "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
