package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.util.List;

/** A writer that is told of each message that somebody had it before: it takes the sure road. */
record Redelivering(EventWriter writer) implements EventWriter {
  /** The same messages, redelivered. */
  static List<Message> again(List<Message> batch) {
    return batch.stream()
        .map(one -> new Message(one.bytes(), one.identity(), one.claimedAt(), true))
        .toList();
  }

  @Override
  public void prepare() throws WriteException, InterruptedException {
    writer.prepare();
  }

  @Override
  public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
    return writer.write(again(batch));
  }

  @Override
  public WriteResult write(List<Message> batch, int mayRefuse)
      throws WriteException, InterruptedException {
    return writer.write(again(batch), mayRefuse);
  }

  @Override
  public void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    writer.writeDead(message, reason);
  }

  @Override
  public void close() {
    writer.close();
  }
}
