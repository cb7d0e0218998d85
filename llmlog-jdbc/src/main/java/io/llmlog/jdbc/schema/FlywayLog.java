package io.llmlog.jdbc.schema;

import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Flyway's words go: its progress is ours at DEBUG, for {@link Schema} tells the outcome; its
 * errors too, for they come as exceptions. Public because Flyway makes it by name.
 */
public final class FlywayLog implements LogCreator {
  private static final Logger LOG = LoggerFactory.getLogger(FlywayLog.class);

  @Override
  public Log createLogger(Class<?> ignored) {
    return new Log() {
      @Override
      public void debug(String message) {
        LOG.trace("{}", message);
      }

      @Override
      public void info(String message) {
        LOG.debug("{}", message);
      }

      @Override
      public void warn(String message) {
        LOG.warn("{}", message);
      }

      @Override
      public void error(String message) {
        LOG.debug("{}", message);
      }

      @Override
      public void error(String message, Exception e) {
        LOG.debug("{}", message, e);
      }

      @Override
      public void notice(String message) {
        LOG.debug("{}", message);
      }
    };
  }
}
