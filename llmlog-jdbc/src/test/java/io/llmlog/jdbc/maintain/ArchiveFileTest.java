package io.llmlog.jdbc.maintain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ArchiveFileTest {
  private static final Range SEPTEMBER =
      new Range(Instant.parse("2025-09-01T00:00:00Z"), Instant.parse("2025-10-01T00:00:00Z"));
  private static final String ROWS = "id,action\n1,\"two\n\"\"lines\"\"\"\n2,\n";

  @TempDir Path directory;

  @Test
  void aFile_saysWhatIsInIt_andIsOfItsOwnerAlone() throws Exception {
    Path path = directory.resolve("a.zip");
    ArchiveFile written = write(path);
    ArchiveFile opened = ArchiveFile.open(path);
    assertEquals(written.facts(), opened.facts());
    assertEquals(2, opened.facts().content().rows(), "a line feed within quotes ends no row");
    assertEquals(ROWS.length(), opened.facts().content().bytes());
    assertEquals(SEPTEMBER, opened.facts().range());
    opened.verify();
    opened.read(csv -> assertEquals(ROWS, new String(csv.readAllBytes(), UTF_8)));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    assertThrows(FileAlreadyExistsException.class, () -> write(path));
    opened.verify();
  }

  @Test
  void whateverByteIsChanged_itIsSeen_orChangesNothing() throws Exception {
    Path path = directory.resolve("a.zip");
    ArchiveFile.Facts facts = write(path).facts();
    byte[] bytes = Files.readAllBytes(path);
    int refused = 0;
    for (int i = 0; i < bytes.length; i++) {
      for (int mask : new int[] {0x01, 0x08, 0x80}) {
        byte[] damaged = bytes.clone();
        damaged[i] ^= (byte) mask;
        Files.write(path, damaged);
        try {
          ArchiveFile opened = ArchiveFile.open(path);
          opened.verify();
          // A time or a flag of the container.
          assertEquals(facts, opened.facts());
        } catch (IOException e) {
          assertTrue(String.valueOf(e.getMessage()).contains(path.toString()), e.toString());
          refused++;
        }
      }
    }
    assertTrue(refused > bytes.length, refused + " of " + 3 * bytes.length);
  }

  @Test
  void aPartOfAFile_isRefused() throws Exception {
    Path path = directory.resolve("a.zip");
    write(path);
    byte[] bytes = Files.readAllBytes(path);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(path, Arrays.copyOf(bytes, length));
      assertThrows(IOException.class, () -> ArchiveFile.open(path).verify());
    }
  }

  @Test
  void foreignAndNewerFiles_areRefused() throws Exception {
    assertRefused("must be a file that exists", directory.resolve("none.zip"));
    assertRefused("must be a file that exists", directory);
    assertRefused("there is no archive.properties in it", zip("report.txt", "hello"));
    assertRefused("is of format 2, this program knows 1: use a newer llmlog", facts("format=2"));
    assertRefused("has no parent", facts("format=1"));
    String some =
        "format=1\nparent=llm_logs\ntable=llm_logs_1\ncolumns=id\nrows=1\nbytes=1\nsha256=0\n";
    assertRefused("archive.properties", facts(some + "from=yesterday\nto=2025-10-01T00:00:00Z"));
    assertRefused("is no archive", facts(some + "from=2025-10-01T00:00:00Z\nto=\\u12"));
    assertRefused(
        "there is no rows.csv", facts(some + "from=2025-09-01T00:00:00Z\nto=2025-10-01T00:00:00Z"));
  }

  @Test
  void rowsThatCannotBeWritten_areToldToTheCaller() {
    Path path = directory.resolve("a.zip");
    IOException full = new IOException("no space left on the device");
    assertEquals(
        full,
        assertThrows(
            IOException.class,
            () ->
                ArchiveFile.<IOException>write(
                    path,
                    "llm_logs",
                    "llm_logs_2025_09",
                    SEPTEMBER,
                    List.of("id"),
                    csv -> {
                      csv.write("id\n1".getBytes(UTF_8));
                      throw full;
                    })));
  }

  private static ArchiveFile write(Path path) throws IOException {
    return ArchiveFile.<IOException>write(
        path,
        "llm_logs",
        "llm_logs_2025_09",
        SEPTEMBER,
        List.of("id", "action"),
        csv -> csv.write(ROWS.getBytes(UTF_8)));
  }

  private Path facts(String text) throws IOException {
    return zip("archive.properties", text);
  }

  private Path zip(String entry, String text) throws IOException {
    Path path = directory.resolve("other.zip");
    try (OutputStream file = Files.newOutputStream(path);
        ZipOutputStream zip = new ZipOutputStream(file, UTF_8)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(text.getBytes(UTF_8));
    }
    return path;
  }

  private static void assertRefused(String why, Path path) {
    IOException e = assertThrows(IOException.class, () -> ArchiveFile.open(path).verify());
    String text = String.valueOf(e.getMessage());
    assertTrue(text.startsWith(path + ": ") && text.contains(why), text);
  }
}
