package io.llmlog.examples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CallMixTest {
  private static final Usage USAGE =
      new Usage(Instant.parse("2023-11-16T18:17:03.979960Z"), 4808, 10);

  @Test
  void cost_ofAKnownModel_isExact() {
    assertEquals(0, new BigDecimal("0.0007272").compareTo(PriceList.cost("gpt-4o-mini", 4808, 10)));
  }

  @Test
  void cost_ofTheModelInTheHouse_isUnknown() {
    assertNull(PriceList.cost("house-llama-70b", 4808, 10));
  }

  @Test
  void event_keepsWhatTheWorkloadSays() {
    LlmEvent event = new CallMix(1).event(17, USAGE);

    assertEquals(USAGE.at(), event.createdAt());
    assertEquals(4808, event.integer(Column.TOKENS_INPUT));
    assertEquals(10, event.integer(Column.TOKENS_OUTPUT));
  }

  @Test
  void event_ofTheSameCall_isTheSameButForItsId() {
    for (Column column : Column.values()) {
      if (column != Column.EVENT_ID) {
        assertEquals(
            new CallMix(3).event(99, USAGE).value(column),
            new CallMix(3).event(99, USAGE).value(column));
      }
    }
  }

  @Test
  void event_ofManyCalls_hasErrorsAndUnknownCostsAmongThem() {
    CallMix mix = new CallMix(1);
    int errors = 0;
    int unknown = 0;
    for (int i = 0; i < 10_000; i++) {
      LlmEvent event = mix.event(i, USAGE);
      errors += event.has(Column.ERROR_TYPE) ? 1 : 0;
      unknown += event.has(Column.COST_USD) ? 0 : 1;
    }

    assertEquals(150, errors, 40);
    assertEquals(800, unknown, 90);
  }
}
