package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RangeTest {
  private static final Range NOVEMBER = range("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

  @Test
  void without_leavesTheGaps() {
    assertEquals(List.of(NOVEMBER), NOVEMBER.without(List.of()));
    assertEquals(List.of(), NOVEMBER.without(List.of(NOVEMBER)));
    assertEquals(
        List.of(
            range("2026-11-05T00:00:00Z", "2026-11-07T12:00:00Z"),
            range("2026-11-08T00:00:00Z", "2026-12-01T00:00:00Z")),
        NOVEMBER.without(
            List.of(
                range("2026-11-07T12:00:00Z", "2026-11-08T00:00:00Z"),
                new Range(Instant.MIN, Instant.parse("2026-11-05T00:00:00Z")),
                new Range(Instant.parse("2026-12-01T00:00:00Z"), Instant.MAX))));
  }

  @Test
  void layout_cutsInUtcByMonthAndDay() {
    Instant last = Instant.parse("2026-11-30T23:59:59.999999Z");
    assertEquals(NOVEMBER, Layout.LOGS.around(last));
    assertEquals("llm_logs_2026_11", Layout.LOGS.name(NOVEMBER));
    Range day = Layout.CONTENTS.around(last);
    assertEquals(range("2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"), day);
    assertEquals("llm_log_contents_2026_11_30", Layout.CONTENTS.name(day));
    assertEquals(4, Layout.LOGS.wanted(last).size());
    assertEquals(8, Layout.CONTENTS.wanted(last).size());
    assertEquals(Instant.parse("2028-12-01T00:00:00Z"), Layout.LOGS.farthest(last));
  }

  @Test
  void note_isReadAsItWasWritten_andNothingElseIsOne() {
    Note note = new Note(Note.Kind.DETACHED, new Range(Instant.MIN, NOVEMBER.to()));
    assertEquals(note, Note.read(note.text()));
    assertNull(Note.read(null));
    assertNull(Note.read("llmlog: detached, from a to b"));
    assertNull(Note.read("our own copy; " + note.text()));
  }

  private static Range range(String from, String to) {
    return new Range(Instant.parse(from), Instant.parse(to));
  }
}
