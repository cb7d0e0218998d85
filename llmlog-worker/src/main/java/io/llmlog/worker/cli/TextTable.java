package io.llmlog.worker.cli;

import java.util.ArrayList;
import java.util.List;

/** Aligned columns for a terminal: texts to the left, numbers to the right. */
final class TextTable {
  private static final String GAP = "  ";

  private final int texts;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param texts how many columns, from the left, hold texts; the others hold numbers
   */
  TextTable(int texts, List<String> head) {
    this.texts = texts;
    rows.add(List.copyOf(head));
  }

  void add(List<String> row) {
    rows.add(row.stream().map(Console::printable).toList());
  }

  /** The lines, a rule below the head and, where the last row is a total, above it. */
  List<String> lines(boolean lastIsTotal) {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], width(row.get(column)));
      }
    }
    String rule = rule(widths);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (i == 1 || (lastIsTotal && i == rows.size() - 1)) {
        lines.add(rule);
      }
      lines.add(line(rows.get(i), widths));
    }
    return lines;
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column);
      String padding = " ".repeat(widths[column] - width(cell));
      line.append(column == 0 ? "" : GAP);
      line.append(column < texts ? cell + padding : padding + cell);
    }
    return line.toString().stripTrailing();
  }

  private static String rule(int[] widths) {
    StringBuilder rule = new StringBuilder();
    for (int width : widths) {
      rule.append(rule.length() == 0 ? "" : GAP).append("-".repeat(width));
    }
    return rule.toString();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
