package io.llmlog.worker.alert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules for Prometheus, as far as they are compared with the program. */
public final class RuleFile {
  private static final Pattern NAME = Pattern.compile("^ +- alert: (\\w+)$", Pattern.MULTILINE);
  private static final Pattern FOR = Pattern.compile("^ +for: (\\d+)s$", Pattern.MULTILINE);
  private static final Pattern SEVERITY =
      Pattern.compile("^ +severity: (\\w+)$", Pattern.MULTILINE);
  private static final Pattern RUNBOOK =
      Pattern.compile("^ +runbook_url: \"(.+)\"$", Pattern.MULTILINE);
  private static final Pattern ONE_LINE =
      Pattern.compile("^ +expr: ([^|\n].*)$", Pattern.MULTILINE);
  private static final Pattern LINES =
      Pattern.compile("^ +expr: \\|\n((?: {10,}.*\n)+)", Pattern.MULTILINE);
  private static final Pattern METRIC = Pattern.compile("\\b(?:llmlog|hikaricp)_\\w+");

  /**
   * A rule.
   *
   * @param expr with one space for white space of any kind
   * @param lasting zero where it has none
   */
  public record Rule(String name, String expr, Duration lasting, String severity, String runbook) {
    /** The metrics that it reads. */
    public Set<String> metrics() {
      Set<String> names = new TreeSet<>();
      Matcher metric = METRIC.matcher(expr);
      while (metric.find()) {
        names.add(metric.group());
      }
      return names;
    }
  }

  private RuleFile() {}

  /** The directory of the rules and examples. */
  public static Path directory() {
    return root().resolve("docs").resolve("monitoring");
  }

  /** The checkout. */
  public static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(directory.resolve("docs"))) {
      directory = directory.getParent();
      if (directory == null) {
        throw new AssertionError("no directory docs above " + Path.of("").toAbsolutePath());
      }
    }
    return directory;
  }

  /** All rules, in their order. */
  public static List<Rule> rules() throws IOException {
    String text = Files.readString(directory().resolve("llmlog-alerts.yml"));
    List<Rule> rules = new ArrayList<>();
    Matcher name = NAME.matcher(text);
    int from = name.find() ? name.start() : text.length();
    while (from < text.length()) {
      int next = name.find() ? name.start() : text.length();
      rules.add(rule(text.substring(from, next)));
      from = next;
    }
    return rules;
  }

  private static Rule rule(String text) {
    Matcher lasting = FOR.matcher(text);
    Matcher lines = LINES.matcher(text);
    String expr = lines.find() ? lines.group(1) : one(ONE_LINE, text);
    return new Rule(
        one(NAME, text),
        expr.strip().replaceAll("\\s+", " "),
        lasting.find() ? Duration.ofSeconds(Long.parseLong(lasting.group(1))) : Duration.ZERO,
        one(SEVERITY, text),
        one(RUNBOOK, text));
  }

  private static String one(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("nothing like " + pattern + " in " + text);
    }
    return matcher.group(1);
  }
}
