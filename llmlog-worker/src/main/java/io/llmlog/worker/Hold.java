package io.llmlog.worker;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import org.jspecify.annotations.Nullable;

/**
 * The delivery that a loop has in hand. The loop acknowledges it and the lease keeper renews it
 * while the loop writes or waits; the lock lets one of them speak to the queue at a time, as its
 * source demands.
 */
final class Hold {
  private @Nullable Delivery delivery;
  private Pause pause = Pause.NONE;
  private boolean lost;

  synchronized void take(Delivery taken) {
    delivery = taken;
    pause = Pause.NONE;
    lost = false;
  }

  synchronized void letGo() {
    delivery = null;
  }

  synchronized @Nullable Delivery delivery() {
    return delivery;
  }

  /** Whether the queue has said that another worker has the messages. */
  synchronized boolean lost() {
    return lost;
  }

  /** What later renewals say that the worker waits for. */
  synchronized void pause(Pause why) {
    pause = why;
  }

  /**
   * Extends the lease, where there is a delivery.
   *
   * @return false if the lease was lost, or nothing is in hand any more
   * @throws QueueException if the queue gave no answer; the lease runs on
   */
  synchronized boolean renew() throws QueueException, InterruptedException {
    if (delivery != null && !lost) {
      lost = !delivery.renew(pause);
    }
    return delivery != null && !lost;
  }

  /**
   * Says that the attempt of one message begins.
   *
   * @return false if the lease was lost, or nothing is in hand any more
   * @throws QueueException if the queue gave no answer
   */
  synchronized boolean attempt(int index) throws QueueException, InterruptedException {
    if (delivery != null && !lost) {
      lost = !delivery.attempt(index);
    }
    return delivery != null && !lost;
  }

  /**
   * Acknowledges the delivery.
   *
   * @return false if the lease was lost
   * @throws QueueException if the queue gave no answer
   */
  synchronized boolean ack() throws QueueException, InterruptedException {
    if (delivery != null && !lost) {
      lost = !delivery.ack();
    }
    return !lost;
  }
}
