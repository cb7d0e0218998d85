package io.llmlog;

import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Reasons;
import io.llmlog.event.LlmEvent;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Refuses every event and opens nothing. */
final class DisabledLlmLogger implements LlmLogger {
  private final AtomicLong refused = new AtomicLong();

  @Override
  public boolean log(@Nullable LlmEvent event) {
    refused.incrementAndGet();
    return false;
  }

  @Override
  public boolean flush(Duration timeout) {
    return true;
  }

  @Override
  public LedgerSnapshot counts() {
    long n = refused.get();
    return new LedgerSnapshot(
        n, 0, 0, 0, 0, 0, n, 0, 0, Map.of(), n == 0 ? Map.of() : Map.of(Reasons.DISABLED, n));
  }

  @Override
  public void close() {}
}
