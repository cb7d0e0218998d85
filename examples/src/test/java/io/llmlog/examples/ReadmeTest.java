package io.llmlog.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.Setting;
import io.llmlog.config.Settings;
import io.llmlog.worker.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What README says of code, variables and commands is so. */
class ReadmeTest {
  private static final Pattern QUOTED =
      Pattern.compile("<!-- from (\\S+): (\\w+) -->\n```\\w+\n(.*?)```\n", Pattern.DOTALL);
  private static final Pattern PROGRAM = Pattern.compile("^```(java|python)$", Pattern.MULTILINE);
  private static final Pattern VARIABLE =
      Pattern.compile("^\\| `([A-Z_]+)` \\| (.*?) \\| .* \\|$", Pattern.MULTILINE);
  private static final Pattern COMMAND =
      Pattern.compile("\\./llmlog (schema (?:apply|status|sql)|[a-z-]+)((?: --[a-z-]+)*)");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)\\)");

  @Test
  void programs_areThoseThatAreCompiledAndRun() throws IOException {
    String readme = Programs.text("README.md");
    Matcher quoted = QUOTED.matcher(readme);
    int count = 0;
    while (quoted.find()) {
      assertEquals(tagged(quoted.group(1), quoted.group(2)), quoted.group(3), quoted.group(1));
      count++;
    }
    assertEquals(PROGRAM.matcher(readme).results().count(), count, "a program without its source");
    assertEquals(4, count);
  }

  @Test
  void environment_isThatOfTheSettings() throws IOException {
    List<String> documented = new ArrayList<>();
    Matcher row = VARIABLE.matcher(Programs.text("README.md"));
    while (row.find()) {
      String name = row.group(1);
      documented.add(name);
      Setting<?> setting =
          Settings.all().stream()
              .filter(s -> s.name().equals(name))
              .findFirst()
              .orElseThrow(() -> new AssertionError(name + " is no variable"));
      String defaultText = setting.defaultText();
      if (defaultText == null) {
        // In words, which may name the variable that stands in.
        assertTrue(row.group(2).matches("none|the one above|`ANALYTICS_DATABASE_URL`"), name);
      } else {
        assertEquals("`" + defaultText + "`", row.group(2), name);
      }
    }
    assertEquals(Settings.all().stream().map(Setting::name).toList(), documented);
  }

  @Test
  void commands_exist() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String file : List.of("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md")) {
      Matcher command = COMMAND.matcher(Programs.text(file));
      while (command.find()) {
        named.add(command.group(1) + command.group(2));
      }
    }
    assertTrue(named.contains("demo") && named.contains("work"), named.toString());
    for (String command : named) {
      if (command.startsWith("demo")) {
        // The launcher starts the demo's own program, which the demo's tests run.
        continue;
      }
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      List<String> options = words.stream().filter(word -> word.startsWith("--")).toList();
      words.removeAll(options);
      words.add("--help");
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
      int code =
          Main.run(
              words.toArray(String[]::new),
              Map.of(),
              InputStream.nullInputStream(),
              stream,
              stream);
      String help = out.toString(StandardCharsets.UTF_8);
      assertEquals(Main.DONE, code, command + ": " + help);
      options.forEach(option -> assertTrue(help.contains(option), command + ": " + help));
    }
  }

  @Test
  void links_leadSomewhere() throws IOException {
    Matcher link = LINK.matcher(Programs.text("README.md"));
    List<String> targets = new ArrayList<>();
    while (link.find()) {
      targets.add(link.group(1));
      assertTrue(Files.exists(Programs.root().resolve(link.group(1))), link.group(1));
    }
    assertFalse(targets.isEmpty());
  }

  /** The lines between the marks of a region, without their common indent. */
  private static String tagged(String path, String tag) throws IOException {
    String source = Programs.text(path);
    Matcher region =
        Pattern.compile(
                "^[^\n]*tag::" + tag + "\n(.*?)^[^\n]*end::" + tag + "\n",
                Pattern.DOTALL | Pattern.MULTILINE)
            .matcher(source);
    assertTrue(region.find(), path + " has no region " + tag);
    // An empty last line would count as one without indent.
    return region.group(1).stripTrailing().stripIndent() + "\n";
  }
}
