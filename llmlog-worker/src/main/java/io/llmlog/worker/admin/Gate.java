package io.llmlog.worker.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.worker.admin.Access.Decision;
import io.llmlog.worker.admin.Assets.Asset;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that answers, and before the router that finds it: what no route was
 * made for is refused as well. Also makes the answers to what is no request at all.
 */
final class Gate extends Handler.Wrapper {
  private static final String JSON = "application/json";

  /** What may wait for a database, or for the rest of its own body. */
  private static final String QUESTIONS = "/api/";

  /**
   * More are refused for the moment. They leave threads for health and metrics, or a slow database,
   * or anybody who is slow on purpose, would look like a dead worker.
   */
  static final int MAX_QUESTIONS = 16;

  private final Access access;
  private final Assets assets;
  private final Semaphore questions = new Semaphore(MAX_QUESTIONS);

  Gate(Access access, Assets assets) {
    this.access = access;
    this.assets = assets;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    SafeHeaders.addTo(response.getHeaders()::put);
    Decision decision = access.decide(new RequestFacts(request));
    Refusal refusal = decision.refusal();
    if (refusal == null) {
      if (decision.login() != null) {
        request.setAttribute(Login.ATTRIBUTE, decision.login());
      }
      return request.getHttpURI().getPath().startsWith(QUESTIONS)
          ? ask(request, response, callback)
          : super.handle(request, response, callback);
    }
    Asset login = refusal.equals(Refusal.LOGIN_NEEDED) ? loginPage(request) : null;
    if (login == null) {
      refuse(response, refusal, callback);
    } else {
      answer(response, refusal.status(), login.type(), login.bytes(), callback);
    }
    return true;
  }

  private boolean ask(Request request, Response response, Callback callback) throws Exception {
    if (!questions.tryAcquire()) {
      refuse(response, Refusal.BUSY, callback);
      return true;
    }
    AtomicBoolean held = new AtomicBoolean(true);
    Runnable release =
        () -> {
          if (held.getAndSet(false)) {
            questions.release();
          }
        };
    boolean handled = false;
    try {
      handled = super.handle(request, response, Callback.from(release, callback));
    } finally {
      if (!handled) {
        release.run();
      }
    }
    return handled;
  }

  /** A person who opens the dashboard is not helped by a line of JSON. */
  private @Nullable Asset loginPage(Request request) {
    String accept = request.getHeaders().get("Accept");
    return request.getHttpURI().getPath().equals(Assets.INDEX)
            && accept != null
            && accept.contains("text/html")
        ? assets.find(Assets.LOGIN)
        : null;
  }

  private static void refuse(Response response, Refusal refusal, Callback callback) {
    refusal.headers().forEach(response.getHeaders()::put);
    answer(response, refusal.status(), JSON, refusal.json().getBytes(UTF_8), callback);
  }

  /**
   * Answers for what Jetty itself refuses, such as headers that are too long. Whatever it would say
   * of the cause is not for the other side.
   */
  static boolean error(Request request, Response response, Callback callback) {
    SafeHeaders.addTo(response.getHeaders()::put);
    int status = response.getStatus();
    String sentence =
        switch (status) {
          case 404 -> "there is no such path";
          case 408 -> "the request took too long";
          case 413 -> "the request is too large";
          case 414 -> "the path and its parameters are too long";
          case 431 -> "the headers are too long";
          default -> status < 500 ? "that is no proper request" : "the worker failed to answer";
        };
    answer(response, status, JSON, Refusal.json(sentence).getBytes(UTF_8), callback);
    return true;
  }

  private static void answer(
      Response response, int status, String type, byte[] body, Callback callback) {
    response.setStatus(status);
    response.getHeaders().put("Content-Type", type);
    response.write(true, ByteBuffer.wrap(body), callback);
  }

  /** A request of Jetty in the words of {@link Access}. */
  private record RequestFacts(Request request) implements Access.Facts {
    @Override
    public String method() {
      return request.getMethod();
    }

    @Override
    public String path() {
      String path = request.getHttpURI().getPath();
      return path == null ? "" : path;
    }

    @Override
    public @Nullable String header(String name) {
      return request.getHeaders().get(name);
    }

    @Override
    public List<String> headers(String name) {
      return request.getHeaders().getValuesList(name);
    }

    @Override
    public String address() {
      return Request.getRemoteAddr(request);
    }
  }
}
