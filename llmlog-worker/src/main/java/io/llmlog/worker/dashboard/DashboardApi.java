package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.worker.alert.Alert;
import io.llmlog.worker.usage.CachedUsage;
import io.llmlog.worker.watch.Watch;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the dashboard asks, as JSON; {@code docs/DASHBOARD.md} has the shapes. Who may ask is the
 * server's business. Whatever is wrong with a request is answered with a sentence; no request ends
 * up in the log by its own words. Safe for use by several threads at once.
 */
public final class DashboardApi {
  /** Told how long an answer took. Whatever it throws is passed over. */
  @FunctionalInterface
  public interface Timing {
    /**
     * After each answer of the database or the watch, good or bad, on the request's thread.
     *
     * @param question one of a fixed few: {@code overview}, {@code companies}, {@code calls},
     *     {@code call}, {@code pipeline}, {@code dead_letters}, {@code replay}, {@code discard}
     */
    void answered(String question, Duration took);
  }

  private interface Page {
    void answer(Context request) throws Exception;
  }

  private interface JsonPage {
    ObjectNode answer(Context request) throws Exception;
  }

  private final OverviewPage overview;
  private final CompaniesPage companies;
  private final CallsPage calls;
  private final PipelinePage pipeline;
  private final DeadLettersPage deadLetters;
  private final Timing timing;
  private final Logger log;

  /**
   * @param calls with the role that reads
   * @param letters with the role that may look into them, replay and discard
   * @param alerts what is wrong now
   * @param retention how long things live, for the page to say
   */
  public DashboardApi(
      CachedUsage usage,
      CallQueries calls,
      DeadLetterBox letters,
      Watch watch,
      Supplier<List<Alert>> alerts,
      Retention retention,
      Timing timing) {
    this(
        usage,
        calls,
        letters,
        watch,
        alerts,
        retention,
        timing,
        InstantSource.system(),
        LoggerFactory.getLogger(DashboardApi.class));
  }

  DashboardApi(
      CachedUsage usage,
      CallQueries calls,
      DeadLetterBox letters,
      Watch watch,
      Supplier<List<Alert>> alerts,
      Retention retention,
      Timing timing,
      InstantSource clock,
      Logger log) {
    this.overview = new OverviewPage(usage, clock);
    this.companies = new CompaniesPage(usage, clock);
    this.calls = new CallsPage(calls, clock);
    this.pipeline = new PipelinePage(watch, alerts, retention, clock);
    this.deadLetters = new DeadLettersPage(letters, log);
    this.timing = timing;
    this.log = log;
  }

  /** Adds all that there is below {@code /api/}, but for session, login and logout. */
  public void addTo(RoutesConfig routes) {
    routes.get("/api/overview", json("overview", overview::answer));
    routes.get("/api/companies", json("companies", companies::answer));
    routes.get("/api/companies.csv", page("companies", this::csv));
    routes.get("/api/calls", json("calls", calls::list));
    routes.get("/api/calls/{event_id}", json("call", calls::one));
    routes.get("/api/pipeline", json("pipeline", pipeline::answer));
    routes.get("/api/dead-letters", json("dead_letters", deadLetters::list));
    routes.post("/api/dead-letters/replay", json("replay", deadLetters::replay));
    routes.post("/api/dead-letters/discard", json("discard", deadLetters::discard));
  }

  private void csv(Context request) throws Exception {
    request.result(companies.csv(request));
    request.contentType("text/csv; charset=utf-8");
    request.header("Content-Disposition", "attachment; filename=\"companies.csv\"");
  }

  private Handler json(String question, JsonPage page) {
    return page(question, request -> answer(request, 200, page.answer(request)));
  }

  private Handler page(String question, Page page) {
    return request -> {
      long start = System.nanoTime();
      request.header("Cache-Control", "no-store");
      try {
        page.answer(request);
      } catch (Refusal e) {
        refuse(request, e.status(), e.sentence());
      } catch (UsageException e) {
        refuse(request, 503, e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        refuse(request, 503, "the worker is about to end");
      } catch (Exception e) {
        log.error("The dashboard could not answer {}", question, nameless(e));
        refuse(request, 500, "the worker could not answer; its log says why");
      }
      tell(question, Duration.ofNanos(System.nanoTime() - start));
    };
  }

  private static void refuse(Context request, int status, String sentence) {
    answer(request, status, Json.object().put("error", sentence));
  }

  private static void answer(Context request, int status, ObjectNode body) {
    request.status(status).contentType("application/json; charset=utf-8").result(Json.bytes(body));
  }

  /** The kind and the place, without the message: it may be of a request's making. */
  private static Throwable nameless(Exception e) {
    IllegalStateException bare = new IllegalStateException(e.getClass().getName());
    bare.setStackTrace(e.getStackTrace());
    return bare;
  }

  private void tell(String question, Duration took) {
    try {
      timing.answered(question, took);
    } catch (RuntimeException e) {
      log.debug("Nobody could be told how long {} took", question, e);
    }
  }
}
