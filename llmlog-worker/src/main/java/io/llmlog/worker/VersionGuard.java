package io.llmlog.worker;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes only into tables of the program's own version: until they are, each batch is kept, and the
 * loops pause with the command that helps. Looks before the first batch, not after one was let
 * through; what it cannot find out is left to the writer to find.
 *
 * <p>Each look is a connection of its own, with a login, which takes longer than a small batch. So
 * a role that may write but not read the record is not asked before each batch: once the store has
 * taken one, a while later, or when a write has failed.
 */
final class VersionGuard implements EventWriter {
  private static final Duration NEXT_LOOK = Duration.ofMinutes(1);

  private final EventWriter writer;
  private final Schema schema;
  private final long nextLookNanos;
  private volatile boolean seen;

  /** Until when a store is not asked that keeps its version to itself and takes rows; else null. */
  private volatile @Nullable Long trustedUntil;

  VersionGuard(EventWriter writer, Schema schema) {
    this(writer, schema, NEXT_LOOK);
  }

  VersionGuard(EventWriter writer, Schema schema, Duration nextLook) {
    this.writer = writer;
    this.schema = schema;
    this.nextLookNanos = nextLook.toNanos();
  }

  private interface Work<T> {
    T run() throws WriteException, InterruptedException;
  }

  @Override
  public void prepare() throws WriteException, InterruptedException {
    Boolean unused =
        guarded(
            () -> {
              writer.prepare();
              return true;
            });
  }

  @Override
  public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
    return guarded(() -> writer.write(batch));
  }

  @Override
  public WriteResult write(List<Message> batch, int mayRefuse)
      throws WriteException, InterruptedException {
    return guarded(() -> writer.write(batch, mayRefuse));
  }

  @Override
  public void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    Boolean unused =
        guarded(
            () -> {
              writer.writeDead(message, reason);
              return true;
            });
  }

  @Override
  public @Nullable Connections connections() {
    return writer.connections();
  }

  @Override
  public void close() {
    writer.close();
  }

  private <T> T guarded(Work<T> work) throws WriteException, InterruptedException {
    boolean trusted = seen || isTrusted();
    if (!trusted) {
      look();
    }
    boolean taken = false;
    try {
      T answer = work.run();
      taken = true;
      return answer;
    } finally {
      if (!taken) {
        trustedUntil = null;
      } else if (!trusted && !seen) {
        trustedUntil = System.nanoTime() + nextLookNanos;
      }
    }
  }

  private boolean isTrusted() {
    Long until = trustedUntil;
    return until != null && until - System.nanoTime() > 0;
  }

  private void look() throws WriteException {
    try {
      Schema.Status status = schema.status();
      String problem = schema.problem(status);
      // Tables without a record may have been made by hand, from the SQL that is printed.
      if (problem != null && status.inDatabase() > 0) {
        throw new WriteException(WriteException.Kind.PAUSE, problem, null);
      }
      seen = true;
    } catch (SchemaException e) {
      // The database is away, or the role may not read the record: the writer says which.
    }
  }
}
