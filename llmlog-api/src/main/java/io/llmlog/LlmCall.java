package io.llmlog;

import io.llmlog.event.LlmEvent;
import io.llmlog.event.UuidV7;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures one LLM call and logs it when it ends, once.
 *
 * <p>It ends with {@link #succeed()}, {@link #fail(Throwable)} or {@link #close()}, whichever comes
 * first; what is set later is ignored. Closed without either, the call is logged as an error of
 * type {@value #NOT_COMPLETED}. Identity, start and latency are taken by themselves.
 *
 * <p>Every value may be null, which means unknown. No method throws. Safe to hand from thread to
 * thread, as streaming callbacks do.
 */
public final class LlmCall implements AutoCloseable {
  /** The {@code error_type} of a call that was closed without a word on how it ended. */
  public static final String NOT_COMPLETED = "not_completed";

  private final LlmLogger logger;
  private final LlmEvent.Builder event;
  private final UUID eventId;
  private final long startNanos = System.nanoTime();
  private boolean firstTokenSeen;
  private boolean ended;

  LlmCall(LlmLogger logger, @Nullable String action) {
    this.logger = logger;
    this.eventId = UuidV7.next();
    this.event = LlmEvent.builder(action).eventId(eventId).createdAt(Instant.now());
  }

  /** The identity of the event that this call becomes, to keep beside other records of it. */
  public UUID eventId() {
    return eventId;
  }

  /** As {@link LlmEvent.Builder#userId(long)}. */
  public synchronized LlmCall userId(long id) {
    event.userId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#userId(Number)}. */
  public synchronized LlmCall userId(@Nullable Number id) {
    event.userId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#companyId(long)}. */
  public synchronized LlmCall companyId(long id) {
    event.companyId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#companyId(Number)}. */
  public synchronized LlmCall companyId(@Nullable Number id) {
    event.companyId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#interviewId(long)}. */
  public synchronized LlmCall interviewId(long id) {
    event.interviewId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#interviewId(Number)}. */
  public synchronized LlmCall interviewId(@Nullable Number id) {
    event.interviewId(id);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensInput(long)}. */
  public synchronized LlmCall tokensInput(long tokens) {
    event.tokensInput(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensInput(Number)}. */
  public synchronized LlmCall tokensInput(@Nullable Number tokens) {
    event.tokensInput(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensOutput(long)}. */
  public synchronized LlmCall tokensOutput(long tokens) {
    event.tokensOutput(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensOutput(Number)}. */
  public synchronized LlmCall tokensOutput(@Nullable Number tokens) {
    event.tokensOutput(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensUsed(long)}. */
  public synchronized LlmCall tokensUsed(long tokens) {
    event.tokensUsed(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensUsed(Number)}. */
  public synchronized LlmCall tokensUsed(@Nullable Number tokens) {
    event.tokensUsed(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensCacheRead(long)}. */
  public synchronized LlmCall tokensCacheRead(long tokens) {
    event.tokensCacheRead(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensCacheRead(Number)}. */
  public synchronized LlmCall tokensCacheRead(@Nullable Number tokens) {
    event.tokensCacheRead(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensCacheWrite(long)}. */
  public synchronized LlmCall tokensCacheWrite(long tokens) {
    event.tokensCacheWrite(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensCacheWrite(Number)}. */
  public synchronized LlmCall tokensCacheWrite(@Nullable Number tokens) {
    event.tokensCacheWrite(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensReasoning(long)}. */
  public synchronized LlmCall tokensReasoning(long tokens) {
    event.tokensReasoning(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#tokensReasoning(Number)}. */
  public synchronized LlmCall tokensReasoning(@Nullable Number tokens) {
    event.tokensReasoning(tokens);
    return this;
  }

  /** As {@link LlmEvent.Builder#message(String)}. */
  public synchronized LlmCall message(@Nullable String message) {
    event.message(message);
    return this;
  }

  /** As {@link LlmEvent.Builder#model(String)}. */
  public synchronized LlmCall model(@Nullable String model) {
    event.model(model);
    return this;
  }

  /** As {@link LlmEvent.Builder#provider(String)}. */
  public synchronized LlmCall provider(@Nullable String provider) {
    event.provider(provider);
    return this;
  }

  /** As {@link LlmEvent.Builder#responseModel(String)}. */
  public synchronized LlmCall responseModel(@Nullable String responseModel) {
    event.responseModel(responseModel);
    return this;
  }

  /** As {@link LlmEvent.Builder#responseId(String)}. */
  public synchronized LlmCall responseId(@Nullable String responseId) {
    event.responseId(responseId);
    return this;
  }

  /** As {@link LlmEvent.Builder#finishReason(String)}. */
  public synchronized LlmCall finishReason(@Nullable String finishReason) {
    event.finishReason(finishReason);
    return this;
  }

  /** As {@link LlmEvent.Builder#endUser(String)}. */
  public synchronized LlmCall endUser(@Nullable String endUser) {
    event.endUser(endUser);
    return this;
  }

  /** As {@link LlmEvent.Builder#sessionId(String)}. */
  public synchronized LlmCall sessionId(@Nullable String sessionId) {
    event.sessionId(sessionId);
    return this;
  }

  /** As {@link LlmEvent.Builder#traceId(String)}. */
  public synchronized LlmCall traceId(@Nullable String traceId) {
    event.traceId(traceId);
    return this;
  }

  /** As {@link LlmEvent.Builder#spanId(String)}. */
  public synchronized LlmCall spanId(@Nullable String spanId) {
    event.spanId(spanId);
    return this;
  }

  /** As {@link LlmEvent.Builder#service(String)}. */
  public synchronized LlmCall service(@Nullable String service) {
    event.service(service);
    return this;
  }

  /** As {@link LlmEvent.Builder#priceVersion(String)}. */
  public synchronized LlmCall priceVersion(@Nullable String priceVersion) {
    event.priceVersion(priceVersion);
    return this;
  }

  /** What the provider counted: all input tokens, and all output tokens. */
  public LlmCall tokens(long input, long output) {
    return tokensInput(input).tokensOutput(output);
  }

  /** As {@link #tokens(long, long)}; null where unknown. */
  public LlmCall tokens(@Nullable Number input, @Nullable Number output) {
    return tokensInput(input).tokensOutput(output);
  }

  /** As {@link LlmEvent.Builder#costUsd(BigDecimal)}. */
  public synchronized LlmCall costUsd(@Nullable BigDecimal costUsd) {
    event.costUsd(costUsd);
    return this;
  }

  /** As {@link LlmEvent.Builder#streaming(boolean)}. */
  public synchronized LlmCall streaming(boolean streaming) {
    event.streaming(streaming);
    return this;
  }

  /** As {@link LlmEvent.Builder#metadata(String, Object)}. */
  public synchronized LlmCall metadata(String key, @Nullable Object value) {
    event.metadata(key, value);
    return this;
  }

  /** As {@link LlmEvent.Builder#request(Object)}. */
  public synchronized LlmCall request(@Nullable Object request) {
    event.request(request);
    return this;
  }

  /** As {@link LlmEvent.Builder#response(Object)}. */
  public synchronized LlmCall response(@Nullable Object response) {
    event.response(response);
    return this;
  }

  /** The first token arrived: sets {@code ttft_ms} and {@code streaming}. Later ones do nothing. */
  public synchronized LlmCall firstToken() {
    if (!firstTokenSeen) {
      firstTokenSeen = true;
      event.ttftMs(elapsedMillis()).streaming(true);
    }
    return this;
  }

  /** The call ended well. */
  public void succeed() {
    end(null, null);
  }

  /** The call ended with a failure; wrappers of concurrent code around it are taken off. */
  public void fail(@Nullable Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause == null) {
      end("unknown", null);
    } else {
      end(cause.getClass().getName(), messageOf(cause));
    }
  }

  /** Logs the call as {@value #NOT_COMPLETED} unless it has ended. */
  @Override
  public void close() {
    end(NOT_COMPLETED, null);
  }

  private void end(@Nullable String errorType, @Nullable String errorMessage) {
    LlmEvent done;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      event.latencyMs(elapsedMillis());
      if (errorType != null) {
        event.errorType(errorType).errorMessage(errorMessage);
      }
      done = event.build();
    }
    logger.log(done);
  }

  private static @Nullable String messageOf(Throwable failure) {
    try {
      return failure.getMessage();
    } catch (RuntimeException e) {
      return null;
    }
  }

  private long elapsedMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
  }
}
