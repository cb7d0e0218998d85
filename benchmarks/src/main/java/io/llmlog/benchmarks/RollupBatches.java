package io.llmlog.benchmarks;

import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * Batches of calls by up to 50 companies with 10 actions on 5 models within two hours, up to 5,000
 * rows of the rollup. The same in every run, but for the hours.
 */
public final class RollupBatches {
  public static final int ROWS = 1000;

  private static final int COMPANIES = 50;
  private static final int MODELS = 5;
  private static final int ACTIONS = 10;
  private static final int SECONDS = 2 * 3600;
  private static final EventEncoder ENCODER =
      new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10);

  /** How the calls are spread. */
  public enum Shape {
    /** One service: ten companies, four actions with a model each, one after the other. */
    FEW,
    /**
     * As services call: the n-th company calls a n-th as often as the first, likewise its actions,
     * an action has its model, but for one call in ten, and a batch holds what was called one after
     * the other, as it comes from the queue.
     */
    USUAL,
    /**
     * Every company, action, model and moment as often as any other, as from many queues that were
     * long away: nearly every row is a group.
     */
    UNIFORM
  }

  private final Shape shape;
  private final Instant from;
  private final Random random = new Random(1);
  private final Set<String> lastGroups = new HashSet<>();

  /**
   * @param from when the two hours begin; within the last week, or the writer takes another road
   */
  public RollupBatches(Shape shape, Instant from) {
    this.shape = shape;
    this.from = from;
  }

  /** The last two whole hours. */
  public static Instant lastHours() {
    return Instant.now().truncatedTo(ChronoUnit.HOURS).minus(2, ChronoUnit.HOURS);
  }

  /** Batches for one writer, made before the clock runs. */
  public record Writer(List<List<Message>> batches) {
    /** Writes them; answers how many rows are new. */
    int write(EventWriter writer) throws Exception {
      int stored = 0;
      for (List<Message> batch : batches) {
        stored += writer.write(batch).stored();
      }
      return stored;
    }
  }

  /** The batches of some writers, who take turns in time. */
  public List<Writer> writers(int writers, int batchesOfEach) {
    List<Writer> made = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      List<List<Message>> batches = new ArrayList<>();
      for (int number = 0; number < batchesOfEach; number++) {
        batches.add(batch(number * writers + writer, writers * batchesOfEach));
      }
      made.add(new Writer(batches));
    }
    return made;
  }

  private List<Message> batch(int number, int of) {
    lastGroups.clear();
    List<Message> batch = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      double within =
          shape == Shape.UNIFORM ? random.nextDouble() : (number + random.nextDouble()) / of;
      batch.add(message((int) (within * SECONDS)));
    }
    return batch;
  }

  /** How many rows of the rollup the batch made last concerns. */
  public int groups() {
    return lastGroups.size();
  }

  private Message message(int second) {
    int company = draw(shape == Shape.FEW ? 10 : COMPANIES);
    int action = draw(shape == Shape.FEW ? 4 : ACTIONS);
    boolean ownModel = shape == Shape.FEW || (shape == Shape.USUAL && random.nextInt(10) > 0);
    int model = ownModel ? action % MODELS : random.nextInt(MODELS);
    lastGroups.add(company + " " + action + " " + model + " " + second / 3600);
    UUID id = new UUID(random.nextLong(), random.nextLong());
    LlmEvent event =
        LlmEvent.builder("service.action-" + action)
            .eventId(id)
            .createdAt(from.plusSeconds(second).plusNanos(random.nextInt(1_000_000) * 1000L))
            .userId(random.nextInt(5000))
            .companyId(company)
            .interviewId(random.nextInt(100_000))
            .provider("provider-" + model % 2)
            .model("model-of-a-usual-length-" + model)
            .tokensInput(random.nextInt(8000))
            .tokensOutput(random.nextInt(1000))
            .costUsd(BigDecimal.valueOf(random.nextInt(100_000_000), 10))
            .latencyMs((long) Math.exp(6 + 1.2 * random.nextGaussian()))
            .ttftMs(random.nextInt(900))
            .streaming(true)
            .finishReason("stop")
            .deploymentEnvironment("production")
            .service("interviews")
            .build();
    return new Message(ENCODER.encode(event), id, from);
  }

  private int draw(int of) {
    if (shape == Shape.UNIFORM) {
      return random.nextInt(of);
    }
    // The inverse of the sum of 1/n, which is about the logarithm.
    return (int) Math.exp(random.nextDouble() * Math.log(of + 1.0)) - 1;
  }
}
