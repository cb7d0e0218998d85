package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  @Test
  void files_areThoseOfTheFolder() throws Exception {
    String first = "/io/llmlog/jdbc/migration/" + Migrations.FILES.get(0);
    Path folder = Path.of(Migrations.class.getResource(first).toURI()).resolveSibling("");
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          Migrations.FILES.stream().sorted().toList(),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void files_areNumberedWithoutAGap() {
    for (int i = 0; i < Migrations.FILES.size(); i++) {
      String prefix = "V" + (i + 1) + "__";
      assertEquals(prefix, Migrations.FILES.get(i).substring(0, prefix.length()));
    }
  }

  /** Released, so never edited; Flyway, by which the first builds applied it, has this number. */
  @Test
  void theFirst_isAsItWasReleased() {
    assertEquals(997651179, Migrations.checksum(Migrations.FILES.get(0)));
  }
}
