package io.llmlog.worker;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.time.Duration;
import java.util.List;

/**
 * A writer that is not trusted: whatever it throws is tried again, and it answers for all. Tells
 * the listener of every answer, with the time that it took.
 */
final class CheckedWriter {
  private final EventWriter writer;
  private final WorkerListener listener;

  CheckedWriter(EventWriter writer, WorkerListener listener) {
    this.writer = writer;
    this.listener = listener;
  }

  void prepare() throws WriteException, InterruptedException {
    long start = System.nanoTime();
    try {
      writer.prepare();
    } catch (WriteException | RuntimeException | Error e) {
      throw failed(e, start);
    }
  }

  WriteResult write(List<Message> messages, int mayRefuse)
      throws WriteException, InterruptedException {
    long start = System.nanoTime();
    WriteResult result;
    try {
      result = writer.write(messages, mayRefuse);
      if (result.size() != messages.size()) {
        throw new WriteException(
            WriteException.Kind.RETRY,
            "the writer answered for " + result.size() + " of " + messages.size() + " messages",
            null);
      }
    } catch (WriteException | RuntimeException | Error e) {
      throw failed(e, start);
    }
    listener.written(messages.size(), since(start));
    return result;
  }

  void writeDead(Message message, String reason) throws WriteException, InterruptedException {
    long start = System.nanoTime();
    try {
      writer.writeDead(message, reason);
    } catch (WriteException | RuntimeException | Error e) {
      throw failed(e, start);
    }
    listener.written(1, since(start));
  }

  private WriteException failed(Throwable e, long start) {
    WriteException failure =
        e instanceof WriteException known
            ? known
            : new WriteException(WriteException.Kind.RETRY, "the writer failed: " + e, e);
    listener.writeFailed(failure.sqlState(), since(start));
    return failure;
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
