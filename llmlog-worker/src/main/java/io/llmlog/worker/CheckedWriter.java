package io.llmlog.worker;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.util.List;

/** A writer that is not trusted: whatever it throws is tried again, and it answers for all. */
final class CheckedWriter {
  private final EventWriter writer;

  CheckedWriter(EventWriter writer) {
    this.writer = writer;
  }

  void prepare() throws WriteException, InterruptedException {
    try {
      writer.prepare();
    } catch (RuntimeException | Error e) {
      throw failed(e);
    }
  }

  WriteResult write(List<Message> messages, int mayRefuse)
      throws WriteException, InterruptedException {
    WriteResult result;
    try {
      result = writer.write(messages, mayRefuse);
    } catch (RuntimeException | Error e) {
      throw failed(e);
    }
    if (result.size() != messages.size()) {
      throw new WriteException(
          WriteException.Kind.RETRY,
          "the writer answered for " + result.size() + " of " + messages.size() + " messages",
          null);
    }
    return result;
  }

  void writeDead(Message message, String reason) throws WriteException, InterruptedException {
    try {
      writer.writeDead(message, reason);
    } catch (RuntimeException | Error e) {
      throw failed(e);
    }
  }

  private static WriteException failed(Throwable e) {
    return new WriteException(WriteException.Kind.RETRY, "the writer failed: " + e, e);
  }
}
