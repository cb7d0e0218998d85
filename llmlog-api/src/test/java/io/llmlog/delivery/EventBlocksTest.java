package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventBlocksTest {
  private static final int MAX = EventBlocks.MAX_SHARED_BYTES;

  private final SpareBlocks spares = new SpareBlocks();
  private final AtomicInteger wanted = new AtomicInteger();
  private final EventBlocks blocks = new EventBlocks(spares, wanted::incrementAndGet);

  @Test
  void eventsOfAllLengths_comeOutAsTheyWentIn_throughAnyNumberOfTurns() {
    SplittableRandom random = new SplittableRandom(11);
    Queue<byte[]> expected = new ArrayDeque<>();
    for (int turn = 0; turn < 200; turn++) {
      for (int i = random.nextInt(600); i > 0; i--) {
        byte[] event = event(random);
        add(event);
        expected.add(event);
      }
      while (!blocks.isEmpty() && random.nextInt(10) > 0) {
        assertMoved(expected, 1 + random.nextInt(300));
      }
      if (blocks.isEmpty()) {
        blocks.clear();
      }
    }
    assertMoved(expected, Integer.MAX_VALUE);
    assertTrue(expected.isEmpty());
  }

  private static byte[] event(SplittableRandom random) {
    int length =
        switch (random.nextInt(20)) {
          case 0 -> MAX - 1 + random.nextInt(3);
          case 1 -> MAX + random.nextInt(100_000);
          case 2 -> 1;
          case 3 -> 64 << 10;
          default -> 1 + random.nextInt(1_000);
        };
    byte[] event = new byte[length];
    random.nextBytes(event);
    return event;
  }

  private void add(byte[] event) {
    if (event.length > MAX) {
      blocks.addWhole(event);
    } else {
      // The caller's buffer is longer than the event, and is written again.
      byte[] buffer = Arrays.copyOf(event, event.length + 10);
      blocks.add(buffer, event.length);
      Arrays.fill(buffer, (byte) 0);
    }
  }

  private void assertMoved(Queue<byte[]> expected, int maxEvents) {
    List<byte[]> moved = new ArrayList<>();
    blocks.moveTo(moved, maxEvents, Long.MAX_VALUE);
    assertEquals(Math.min(maxEvents, expected.size()), moved.size());
    for (byte[] event : moved) {
      assertArrayEquals(expected.remove(), event);
    }
    assertEquals(expected.size(), blocks.size());
  }

  @Test
  void aBatch_endsAtItsSize_butHasAtLeastOneEvent() {
    for (int i = 0; i < 5; i++) {
      add(new byte[1_000]);
    }
    assertEquals(2, moved(2_000));
    assertEquals(1, moved(1_999));
    assertEquals(1, moved(1));
    assertEquals(1, blocks.size());
  }

  private int moved(long maxBytes) {
    List<byte[]> moved = new ArrayList<>();
    blocks.moveTo(moved, Integer.MAX_VALUE, maxBytes);
    return moved.size();
  }

  @Test
  void aLongEvent_isNeverCopied() {
    byte[] event = new byte[MAX + 1];
    add(new byte[10]);
    blocks.addWhole(event);
    add(new byte[10]);
    List<byte[]> moved = new ArrayList<>();
    blocks.moveTo(moved, Integer.MAX_VALUE, Long.MAX_VALUE);
    assertSame(event, moved.get(1));
    assertEquals(3, moved.size());
  }

  @Test
  void largeBlocks_areWrittenAgain_andKeptAsLongAsIsSaid() {
    SpareBlocks shared = new SpareBlocks();
    EventBlocks read = new EventBlocks(shared, () -> {});
    EventBlocks written = new EventBlocks(shared, () -> {});
    byte[] event = new byte[1_000];
    for (int i = 0; i < 5_000; i++) {
      event[0] = (byte) i;
      read.add(event, event.length);
    }
    assertEquals(5, read.largeBlocks());
    assertEquals(0, shared.size());
    List<byte[]> moved = new ArrayList<>();
    while (!read.isEmpty()) {
      read.moveTo(moved, 500, Long.MAX_VALUE);
    }
    assertEquals(4, shared.size(), "the last one may be written on");
    read.clear();
    assertEquals(5, shared.size());
    assertEquals(0, read.largeBlocks());
    for (int i = 0; i < 3_000; i++) {
      written.add(new byte[1_000], 1_000);
    }
    assertEquals(5 - written.largeBlocks(), shared.size());
    for (int i = 0; i < 5_000; i++) {
      assertEquals((byte) i, moved.get(i)[0], "what was read is not written over");
    }
    shared.keep(1);
    assertEquals(1, shared.size());
  }

  @Test
  void blocksThatStandReady_areWrittenNext_andMoreAreWantedWithTheLast() {
    fillUntilWanted(1, 1);
    assertEquals(0, blocks.largeBlocks(), "the first large one is wanted before it is needed");
    List<byte[]> ready = new ArrayList<>();
    while (blocks.wantsBlock()) {
      ready.add(new byte[SpareBlocks.BLOCK_BYTES]);
      blocks.ready(ready.get(ready.size() - 1));
    }
    assertEquals(EventBlocks.READY, ready.size());
    fillUntilWanted(2, 2);
    assertEquals(EventBlocks.READY, blocks.largeBlocks());
    for (byte[] block : ready) {
      assertEquals(2, block[2], "behind the length");
    }
    fillUntilWanted(3, 3);
    assertEquals(EventBlocks.READY + 1, blocks.largeBlocks(), "one was made where none stood");
  }

  private void fillUntilWanted(int times, int content) {
    byte[] event = new byte[1_000];
    Arrays.fill(event, (byte) content);
    while (wanted.get() < times) {
      add(event);
    }
  }

  @Test
  void blocksThatStoodReadyForNothing_areGivenBack() {
    byte[] unwanted = new byte[SpareBlocks.BLOCK_BYTES];
    blocks.ready(unwanted);
    assertSame(unwanted, spares.take(), "the first ones are small");
    fillUntilWanted(1, 1);
    blocks.ready(unwanted);
    blocks.ready(new byte[SpareBlocks.BLOCK_BYTES]);
    assertEquals(0, spares.size());
    moved(Long.MAX_VALUE);
    blocks.clear();
    assertEquals(2, spares.size());
    assertFalse(blocks.wantsBlock());
  }

  @Test
  void longEventsBetweenShortOnes_takeNoBlockEach() {
    for (int i = 0; i < 1_000; i++) {
      add(new byte[MAX + 1]);
      add(new byte[100]);
    }
    assertEquals(0, blocks.largeBlocks());
    blocks.clear();
    assertTrue(blocks.isEmpty());
    add(new byte[] {9});
    assertEquals(1, moved(Long.MAX_VALUE));
  }

  @Test
  void whatWasCleared_isGone() {
    add(new byte[10]);
    blocks.clear();
    assertTrue(blocks.isEmpty());
    add(new byte[] {7});
    List<byte[]> moved = new ArrayList<>();
    blocks.moveTo(moved, Integer.MAX_VALUE, Long.MAX_VALUE);
    assertArrayEquals(new byte[] {7}, moved.get(0));
    assertEquals(1, moved.size());
  }
}
