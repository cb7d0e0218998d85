package io.llmlog;

import io.llmlog.config.ConfigException;
import io.llmlog.config.Environment;
import io.llmlog.delivery.DeliverySnapshot;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records LLM calls, off their path: one per service, kept as long as the service runs.
 *
 * <pre>{@code
 * try (LlmCall call = llm.start("interview.question").companyId(7).model("gpt-4o-mini")) {
 *   ChatResponse r = client.chat(prompt);
 *   call.tokens(r.inputTokens(), r.outputTokens()).succeed();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads at once. No method but {@link #flush} and {@link #close}
 * waits.
 */
public interface LlmLogger extends AutoCloseable {
  /**
   * A logger as the environment of the process says. It connects to nothing yet.
   *
   * @throws ConfigException with every error in the configuration, unless {@code
   *     LLMLOG_ON_BAD_CONFIG} is {@code disable}
   */
  static LlmLogger fromEnvironment() {
    return LlmLoggers.from(Environment.system());
  }

  /** As {@link #fromEnvironment()}, from variables that come from elsewhere. */
  static LlmLogger fromEnvironment(Map<String, String> variables) {
    return LlmLoggers.from(Environment.of(variables));
  }

  /** A logger put together by hand. */
  static LlmLoggerBuilder builder() {
    return new LlmLoggerBuilder();
  }

  /**
   * Hands over one event. Never throws and never waits for the network; where {@code
   * LLMLOG_OVERFLOW} says {@code block:<duration>} it waits up to that long for room, and where
   * {@code LLMLOG_SPOOL_MODE} is {@code always} up to a second for the disk.
   *
   * @param event null is refused, like all that cannot be logged
   * @return whether the event was accepted; {@link #counts()} says why the others were not
   */
  boolean log(LlmEvent event);

  /**
   * Starts to measure one call.
   *
   * @param action what the service is doing, such as {@code interview.question}
   */
  default LlmCall start(@Nullable String action) {
    return new LlmCall(this, action);
  }

  /**
   * Waits until every event accepted before has been delivered, and every event that dead processes
   * had left in the spool.
   *
   * @return true if nothing of it is pending any more; false when the time was up before
   */
  boolean flush(Duration timeout);

  /** Where every event went: one consistent snapshot. */
  LedgerSnapshot counts();

  /**
   * How the delivery stands: {@link #counts()}, the room in use, and the roads to queue and store.
   * Takes the lock of the ledger once.
   */
  default DeliverySnapshot delivery() {
    return DeliverySnapshot.of(counts());
  }

  /**
   * Delivers what is pending, for a bounded time (10 s unless set), and refuses events from then
   * on. What could not be delivered goes to the spool, or is counted as dropped and said once.
   * Idempotent. The end of the JVM does it too.
   */
  @Override
  void close();
}
