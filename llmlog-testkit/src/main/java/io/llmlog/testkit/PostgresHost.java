package io.llmlog.testkit;

import java.io.IOException;

/** One way to have a PostgreSQL. */
interface PostgresHost {
  /** The URL of the server's own database, with a user who may do everything. */
  String url();

  /**
   * Stops the server.
   *
   * @param mode of {@code pg_ctl stop}: fast or immediate
   */
  void stop(String mode) throws IOException;

  void kill() throws IOException;

  void restart() throws IOException;

  void close();

  /** A new standby that follows the server. */
  default PostgresStandby standby() throws IOException {
    throw new IllegalStateException("a standby needs PostgresServer.embedded()");
  }

  /** A server that runs without us, and after us. */
  record Named(String url, String variable) implements PostgresHost {
    @Override
    public void stop(String mode) {
      throw notOurs();
    }

    @Override
    public void kill() {
      throw notOurs();
    }

    @Override
    public void restart() {
      throw notOurs();
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
      return variable;
    }

    private IllegalStateException notOurs() {
      return new IllegalStateException(
          "the server of " + variable + " is not ours to stop: use PostgresServer.owned()");
    }
  }
}
