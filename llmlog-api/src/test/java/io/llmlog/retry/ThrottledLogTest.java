package io.llmlog.retry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

class ThrottledLogTest {
  private final Lines lines = new Lines();
  private final ThrottledLog throttled = new ThrottledLog(lines);

  @Test
  void theFirstFailure_isSaid_andTheFollowingAreNot() {
    throttled.failed("away");
    throttled.failed("away");
    throttled.succeeded("back");
    throttled.succeeded("back");
    throttled.failed("away again");

    assertEquals(List.of("WARN away", "INFO back", "WARN away again"), lines.said);
  }

  @Test
  void whatAServerSays_cannotForgeALine() {
    throttled.failed("refused:\r\n12:00 INFO all is well\u001b[2K");

    assertEquals(List.of("WARN refused: 12:00 INFO all is well [2K"), lines.said);
  }

  @Test
  void aLogThatThrows_endsNoLoop() {
    lines.failure = new IllegalStateException("the appender is closed");

    throttled.failed("away");
    throttled.succeeded("back");

    assertEquals(List.of(), lines.said);
  }

  /** Keeps what is said, or throws. */
  private static final class Lines extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    private final transient List<String> said = new ArrayList<>();
    private @Nullable RuntimeException failure;

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        String pattern,
        @Nullable Object @Nullable [] arguments,
        @Nullable Throwable thrown) {
      if (failure != null) {
        throw failure;
      }
      said.add(level + " " + MessageFormatter.basicArrayFormat(pattern, arguments));
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    public boolean isTraceEnabled() {
      return true;
    }

    @Override
    public boolean isDebugEnabled() {
      return true;
    }

    @Override
    public boolean isInfoEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }
  }
}
