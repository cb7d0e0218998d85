package io.llmlog.benchmarks.flow;

import io.llmlog.event.EventEncoder;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A worker with messages of 1 MB each, prompts that it stores. Its batches are full at 8 MiB, so
 * its memory must not depend on how many messages wait.
 */
final class LargeMessages {
  /** The most that a worker claims at once, in bytes; what a batch of any size ends at. */
  static final long BATCH_BYTES = 8 << 20;

  private static final int TEXT = 1_000_000;
  private static final int MOST_BYTES = 2 << 20;
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final long LOOK_MILLIS = 50;
  private static final String[] SYLLABLES = {
    "ka", "re", "mi", "so", "lu", "ten", "ar", "ing", "ost"
  };

  private final Servers servers;
  private final String text = words();

  LargeMessages(Servers servers) {
    this.servers = servers;
  }

  /**
   * Lets a new worker store so many.
   *
   * @param heap of its JVM in MiB
   * @return null: it did not within 5 minutes, or came to its end
   */
  WorkerProcess.@Nullable Memory store(int messages, int heap) throws Exception {
    String database = servers.database("large", Instant.now());
    push(messages);
    Map<String, String> variables = servers.variables(database, Servers.SCHEMA, Servers.QUEUE);
    variables.put("LLMLOG_CAPTURE_CONTENT", "true");
    WorkerProcess.Memory memory = null;
    try (WorkerProcess worker = WorkerProcess.start(variables, "-Xmx" + heap + "m")) {
      memory = await(worker, messages);
    } catch (IllegalStateException e) {
      // A JVM without memory may end, or say nothing more.
      System.err.println(e.getMessage());
    }
    try (RedisLine redis = servers.redis()) {
      redis.call("FLUSHALL");
    }
    if (memory != null) {
      check(database, messages);
    }
    return memory;
  }

  private static WorkerProcess.@Nullable Memory await(WorkerProcess worker, int messages)
      throws InterruptedException {
    long end = System.nanoTime() + LONGEST.toNanos();
    while (System.nanoTime() - end < 0 && !worker.log().contains("OutOfMemoryError")) {
      WorkerProcess.Counts counts = worker.counts();
      if (counts.dead() > 0) {
        throw new IllegalStateException(counts + ", " + worker.log());
      }
      if (counts.stored() == messages) {
        WorkerProcess.Memory memory = worker.memory();
        worker.finish();
        return memory;
      }
      Thread.sleep(LOOK_MILLIS);
    }
    return null;
  }

  private void check(String database, int messages) throws Exception {
    String found =
        Servers.text(
            database,
            "SELECT count(*) FROM %s WHERE length(request ->> 'prompt') = %d"
                .formatted(Servers.SCHEMA.table("llm_log_contents"), TEXT));
    if (!found.equals(Integer.toString(messages))) {
      throw new IllegalStateException(found + " whole prompts are stored of " + messages);
    }
  }

  private void push(int messages) throws Exception {
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, true, MOST_BYTES);
    Calls calls = new Calls(Calls.Shape.USUAL, System.nanoTime());
    try (EventSender sender =
        Providers.queue(servers.redisUrl())
            .sender(new QueueSettings(servers.redisUrl(), Servers.QUEUE))) {
      for (int i = 0; i < messages; i++) {
        byte[] message =
            encoder.encode(
                calls.nextBuilder(Instant.now()).request(Map.of("prompt", text)).build());
        sender.send(List.of(message));
      }
    }
  }

  private static String words() {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder words = new StringBuilder(TEXT + 16);
    while (words.length() < TEXT) {
      words.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
      words.append(random.nextInt(3) == 0 ? " " : "");
    }
    return words.substring(0, TEXT);
  }

  static String mib(long bytes) {
    return bytes < 0 ? "unknown" : String.format(Locale.ROOT, "%.0f", bytes / (double) (1 << 20));
  }
}
