package io.llmlog.worker.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class CachedUsageTest {
  private static final UsageQuery QUESTION = UsageQuery.groupedBy(Dimension.COMPANY);
  private static final Duration KEPT = Duration.ofSeconds(5);

  private final AtomicLong time = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void anAnswer_isKeptForItsTime() throws Exception {
    CachedUsage usage = new CachedUsage(question -> answer(3), KEPT, time::get);
    UsageAnswer first = usage.ask(QUESTION);
    time.addAndGet(KEPT.toNanos() - 1);
    assertSame(first, usage.ask(UsageQuery.groupedBy(Dimension.COMPANY)));
    assertEquals(1, asked.get());
    usage.ask(QUESTION.top(10));
    assertEquals(2, asked.get(), "another question");
    time.addAndGet(1);
    usage.ask(QUESTION);
    assertEquals(3, asked.get());
  }

  @Test
  void ofManyThreads_oneAsks() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    CachedUsage usage =
        new CachedUsage(
            question -> {
              begun.countDown();
              await(go);
              return answer(1);
            },
            KEPT,
            time::get);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<UsageAnswer>> answers = new ArrayList<>();
      answers.add(threads.submit(() -> usage.ask(QUESTION)));
      await(begun);
      for (int i = 0; i < 7; i++) {
        answers.add(threads.submit(() -> usage.ask(QUESTION)));
      }
      go.countDown();
      for (Future<UsageAnswer> answer : answers) {
        assertSame(answers.get(0).get(), answer.get(10, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(1, asked.get());
  }

  @Test
  void aFailure_isToldAndNotKept() throws Exception {
    AtomicInteger failures = new AtomicInteger(2);
    CachedUsage usage =
        new CachedUsage(
            question -> {
              switch (failures.getAndDecrement()) {
                case 2 -> throw new UsageException("h:1/d is away", null);
                case 1 -> throw new IllegalArgumentException("too long");
                default -> {
                  return answer(1);
                }
              }
            },
            KEPT,
            time::get);
    UsageException away = assertThrows(UsageException.class, () -> usage.ask(QUESTION));
    assertEquals("h:1/d is away", away.getMessage());
    assertThrows(IllegalArgumentException.class, () -> usage.ask(QUESTION));
    assertEquals(1, usage.ask(QUESTION).groups().size());
  }

  @Test
  void groups_areBounded() throws Exception {
    CachedUsage usage = new CachedUsage(question -> answer(20_000), KEPT, time::get);
    for (int i = 1; i <= 5; i++) {
      usage.ask(QUESTION.top(i));
    }
    for (int i = 1; i <= 5; i++) {
      usage.ask(QUESTION.top(i));
    }
    assertTrue(asked.get() > 5, "not all of 100,000 groups are kept");
  }

  private UsageAnswer answer(int groups) {
    asked.incrementAndGet();
    BigInteger none = BigInteger.ZERO;
    Usage usage = new Usage(List.of("7"), 1, 0, none, none, none, none, none, null, 1, null);
    return new UsageAnswer(
        java.util.Collections.nCopies(groups, usage),
        usage,
        null,
        null,
        new Origin(UsageAnswer.Source.PRIMARY, Duration.ZERO, null));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
