package io.llmlog.examples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceFileTest {
  private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void read_ofEitherLineEnd_cutsTimesToMicroseconds(String end) throws Exception {
    List<Usage> calls =
        TraceFile.read(
            file(
                HEADER
                    + end
                    + "2023-11-16 18:17:03.9799609,4808,10"
                    + end
                    + "2023-11-16 18:17:04,0,8"));

    assertEquals(
        List.of(
            new Usage(Instant.parse("2023-11-16T18:17:03.979960Z"), 4808, 10),
            new Usage(Instant.parse("2023-11-16T18:17:04Z"), 0, 8)),
        calls);
  }

  @Test
  void read_withAnEndAfterTheLastLine_readsNoMore() throws Exception {
    assertEquals(1, TraceFile.read(file(HEADER + "\n2023-11-16 18:17:04.1,1,8\n")).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2023-11-16 18:17:04,1           | three fields
          2023-11-16 18:17:04,1,2,3       | three fields
          2023-02-30 18:17:04,1,2         | TIMESTAMP must be a UTC time such as 2023-11-16 18
          2023-11-16T18:17:04,1,2         | TIMESTAMP must be a UTC time
          2023-11-16 18:17:04,many,2      | ContextTokens must be a whole number from 0
          2023-11-16 18:17:04,1,-2        | GeneratedTokens must be a whole number from 0
          2023-11-16 18:17:04,1,2.5       | GeneratedTokens must be a whole number from 0
          """)
  void read_ofABadLine_namesFileLineAndWhatIsAllowed(String line, String allowed)
      throws IOException {
    Path file = file(HEADER + "\n2023-11-16 18:17:04.1,1,8\n" + line + "\n");

    BadTraceException e = assertThrows(BadTraceException.class, () -> TraceFile.read(file));

    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith(file + ", line 3: "), message);
    assertTrue(message.contains(allowed), message);
  }

  @Test
  void read_withoutTheHeader_isRefused() throws IOException {
    Path file = file("2023-11-16 18:17:04.1,1,8\n");

    BadTraceException e = assertThrows(BadTraceException.class, () -> TraceFile.read(file));

    assertTrue(String.valueOf(e.getMessage()).contains("line 1"), e.getMessage());
  }

  @Test
  void read_ofAHeaderAlone_isRefused() throws IOException {
    Path file = file(HEADER + "\n");

    assertThrows(BadTraceException.class, () -> TraceFile.read(file));
  }

  @Test
  void read_ofBytesThatAreNoText_isRefused() throws IOException {
    Path file = directory.resolve("trace.csv");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

    assertThrows(BadTraceException.class, () -> TraceFile.read(file));
  }

  @Test
  void read_ofAMissingFile_saysSo() {
    assertThrows(NoSuchFileException.class, () -> TraceFile.read(directory.resolve("none.csv")));
  }

  private Path file(String text) throws IOException {
    return Files.write(directory.resolve("trace.csv"), text.getBytes(StandardCharsets.UTF_8));
  }
}
