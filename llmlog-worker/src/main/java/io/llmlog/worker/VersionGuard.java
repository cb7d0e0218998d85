package io.llmlog.worker;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes only into tables of the program's own version: until they are, each batch is kept, and the
 * loops pause with the command that helps. Looks before the first batch, not after one was let
 * through; what it cannot find out is left to the writer to find.
 */
final class VersionGuard implements EventWriter {
  private final EventWriter writer;
  private final Schema schema;
  private volatile boolean seen;

  VersionGuard(EventWriter writer, Schema schema) {
    this.writer = writer;
    this.schema = schema;
  }

  @Override
  public void prepare() throws WriteException, InterruptedException {
    check();
    writer.prepare();
  }

  @Override
  public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
    check();
    return writer.write(batch);
  }

  @Override
  public WriteResult write(List<Message> batch, int mayRefuse)
      throws WriteException, InterruptedException {
    check();
    return writer.write(batch, mayRefuse);
  }

  @Override
  public void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    check();
    writer.writeDead(message, reason);
  }

  @Override
  public @Nullable Connections connections() {
    return writer.connections();
  }

  @Override
  public void close() {
    writer.close();
  }

  private void check() throws WriteException {
    if (seen) {
      return;
    }
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
