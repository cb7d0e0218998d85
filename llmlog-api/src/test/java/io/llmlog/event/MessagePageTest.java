package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/MESSAGE.md says is so. */
class MessagePageTest {
  private static String page() throws Exception {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/MESSAGE.md"))) {
      root = root.resolve("..").toRealPath();
    }
    return Files.readString(root.resolve("docs/MESSAGE.md"));
  }

  @Test
  void tableOfKeys_isTheListOfColumns() throws Exception {
    Map<Column.Type, String> types =
        Map.of(
            Column.Type.TIME,
            "time",
            Column.Type.TEXT,
            "text",
            Column.Type.INTEGER,
            "integer",
            Column.Type.DECIMAL,
            "decimal",
            Column.Type.BOOLEAN,
            "boolean",
            Column.Type.UUID,
            "UUID",
            Column.Type.JSON,
            "JSON");
    List<String> expected =
        Arrays.stream(Column.values())
            .map(
                column ->
                    "| `"
                        + column.key()
                        + "` | "
                        + types.get(column.type())
                        + " |"
                        + (column.maxCodePoints() > 0 ? " " + column.maxCodePoints() : "")
                        + " |")
            .toList();
    List<String> rows =
        page()
            .lines()
            .dropWhile(line -> !line.startsWith("| key | type"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> line.replaceFirst("^((?:\\|[^|]*){3}\\|).*", "$1"))
            .toList();
    assertEquals(expected, rows);
  }

  @Test
  void examples_areReadAsThePageSays() throws Exception {
    Matcher blocks = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(page());
    List<String> examples = new ArrayList<>();
    while (blocks.find()) {
      examples.add(blocks.group(1));
    }
    assertEquals(3, examples.size());
    LlmEvent first = decode(examples.get(0));
    assertEquals(956, first.integer(Column.TOKENS_USED));
    assertEquals(Map.of(), first.metadata());
    LlmEvent second = decode(examples.get(1));
    assertEquals(812, second.integer(Column.TOKENS_INPUT));
    assertEquals("4", second.model());
    assertTrue(second.streaming());
    assertEquals(Instant.parse("2023-11-16T18:17:03.97996Z"), second.createdAt());
    assertEquals(
        new ObjectMapper().readTree(examples.get(2)),
        new ObjectMapper().readTree(EventEncoder.metadataJson(second)));
  }

  private static LlmEvent decode(String json) throws MalformedMessageException {
    return EventDecoder.decode(json.getBytes(UTF_8), new UUID(1, 2), Instant.EPOCH);
  }
}
