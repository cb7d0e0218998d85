package io.llmlog.worker;

import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import java.time.Duration;
import java.util.List;

/** Answers what a test says. */
final class FakeInspector implements QueueInspector {
  /** The next answer. */
  interface Look {
    QueueState look() throws QueueException;
  }

  private final Look look;

  FakeInspector(Look look) {
    this.look = look;
  }

  static QueueState state(long depth, long claimed) {
    return new QueueState(
        depth,
        new byte[0],
        List.of(new WorkerLease("w", Duration.ofSeconds(1), Pause.NONE, claimed)));
  }

  @Override
  public QueueState inspect() throws QueueException {
    return look.look();
  }

  @Override
  public void close() {}
}
