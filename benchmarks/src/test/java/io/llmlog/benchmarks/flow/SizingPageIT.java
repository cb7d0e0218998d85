package io.llmlog.benchmarks.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The figures of docs/SIZING.md are those of this version. */
class SizingPageIT {
  private static final Path PAGE = Path.of("..", "docs", "SIZING.md");
  private static final double TOLERANCE = 0.15;

  @Test
  void thePageSays_whatIsMeasured() throws Exception {
    List<String> page = Files.readAllLines(PAGE);
    List<String> said =
        page.subList(page.indexOf(SizingReport.BEGIN) + 1, page.indexOf(SizingReport.END));

    List<String> measured;
    try (Servers servers = Servers.start()) {
      measured = SizingReport.tables(servers);
    }

    String all = "measured:\n" + String.join("\n", measured);
    assertEquals(measured.size(), said.size(), all);
    for (int i = 0; i < measured.size(); i++) {
      same(measured.get(i).split("\\|", -1), said.get(i).split("\\|", -1), all);
    }
  }

  private static void same(String[] measured, String[] said, String all) {
    assertEquals(measured.length, said.length, all);
    for (int i = 0; i < measured.length; i++) {
      String wanted = measured[i].strip();
      String found = said[i].strip();
      if (wanted.matches("[0-9][0-9,.]*")) {
        double figure = number(wanted);
        assertTrue(
            Math.abs(number(found) - figure) <= TOLERANCE * figure,
            () -> "the page says " + found + " and " + wanted + " is measured; " + all);
      } else {
        assertEquals(wanted, found, all);
      }
    }
  }

  private static double number(String text) {
    return Double.parseDouble(text.replace(",", ""));
  }
}
