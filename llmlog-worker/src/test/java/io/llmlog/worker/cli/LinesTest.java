package io.llmlog.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LinesTest {
  @Test
  void lines_endWithLfOrCrlf_theLastWithNothing() throws IOException {
    assertEquals(List.of("a", "b", "", "c\rd", "e"), read("a\nb\r\n\nc\rd\ne", 100));
    assertEquals(List.of("a"), read("a\n", 100));
    assertEquals(List.of(), read("", 100));
  }

  @Test
  void aByteOrderMark_isNoPartOfTheFirstLine() throws IOException {
    assertEquals(List.of("{}", "\uFEFF{}"), read("\uFEFF{}\n\uFEFF{}", 100));
  }

  @Test
  void linesAcrossManyReads_areWhole() throws IOException {
    String line = "ä".repeat(100_000);
    assertEquals(List.of(line, "x"), read(line + "\r\nx", 1_000_000));
  }

  @Test
  void ofALineThatIsTooLong_onlyABeginningIsKept() throws IOException {
    List<String> lines = read("a".repeat(1000) + "\nb\n", 10);
    assertEquals(12, lines.get(0).length());
    assertEquals("b", lines.get(1));
    assertEquals(10, read("a".repeat(10) + "\r\n", 10).get(0).length());
  }

  private static List<String> read(String text, int maxBytes) throws IOException {
    Lines lines = new Lines(new ByteArrayInputStream(text.getBytes(UTF_8)), maxBytes);
    List<String> read = new ArrayList<>();
    for (byte[] line = lines.next(); line != null; line = lines.next()) {
      read.add(new String(line, UTF_8));
      assertEquals(read.size(), lines.number());
    }
    return read;
  }
}
