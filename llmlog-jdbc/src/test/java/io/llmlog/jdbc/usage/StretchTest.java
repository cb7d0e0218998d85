package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.jdbc.usage.Stretch.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StretchTest {
  private final List<Stretch> stretches = new ArrayList<>();

  @Test
  void aRunInTheMiddle_leavesBothSides() {
    hours("2026-01-10", "2026-03-10");
    lay(Tier.DAY, "2026-01-11", "2026-03-09");
    lay(Tier.MONTH, "2026-02-01", "2026-03-01");
    assertEquals(
        "HOUR 2026-01-10 2026-01-11, DAY 2026-01-11 2026-02-01, MONTH 2026-02-01 2026-03-01, "
            + "DAY 2026-03-01 2026-03-09, HOUR 2026-03-09 2026-03-10",
        text());
  }

  @Test
  void aRunOverAll_leavesNothing() {
    hours("2026-01-01", "2026-02-01");
    lay(Tier.DAY, "2026-01-01", "2026-01-15");
    lay(Tier.DAY, "2026-01-15", "2026-02-01");
    assertEquals("DAY 2026-01-01 2026-01-15, DAY 2026-01-15 2026-02-01", text());
    lay(Tier.MONTH, "2026-01-01", "2026-02-01");
    assertEquals("MONTH 2026-01-01 2026-02-01", text());
  }

  @Test
  void withoutEnds_allBeforeAndAllAfterIsLeft() {
    hours(null, null);
    lay(Tier.MONTH, "2026-01-01", "2026-02-01");
    assertEquals("HOUR null 2026-01-01, MONTH 2026-01-01 2026-02-01, HOUR 2026-02-01 null", text());
  }

  private void hours(@Nullable String from, @Nullable String to) {
    stretches.add(
        new Stretch(Tier.HOUR, from == null ? null : time(from), to == null ? null : time(to)));
  }

  private void lay(Tier tier, String from, String to) {
    Stretch.lay(tier, time(from), time(to), stretches);
  }

  private static Instant time(String day) {
    return Instant.parse(day + "T00:00:00Z");
  }

  private String text() {
    return stretches.stream()
        .sorted(
            (one, other) -> {
              Instant first = one.from();
              Instant second = other.from();
              return first == null ? -1 : second == null ? 1 : first.compareTo(second);
            })
        .map(s -> "%s %s %s".formatted(s.tier(), day(s.from()), day(s.to())))
        .collect(Collectors.joining(", "));
  }

  private static @Nullable String day(@Nullable Instant time) {
    return time == null ? null : time.toString().substring(0, 10);
  }
}
