package io.llmlog.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.metrics.LlmLogMetrics;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.EventWriter.Connections;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteResult;
import io.llmlog.worker.WorkerStatus.State;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** docs/METRICS.md lists what live registries show, all of it and nothing else. */
final class MetricsPageTest {
  private static final Pattern ROW =
      Pattern.compile("^\\| `(\\w+)` \\| (\\w+) \\| ([^|]+) \\| ([^|]*)\\| ([^|]+) \\|$");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern TYPE = Pattern.compile("^# TYPE (\\w+) (\\w+)$");
  private static final Pattern SAMPLE = Pattern.compile("^(\\w+)(?:\\{(.*)})? (\\S+)$");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  /** A metric: its type, and the keys and values of its tags. */
  private record Metric(String type, Set<String> tags) {}

  @Test
  void thePage_listsWhatServiceAndWorkerShow() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bindService(registry);
    bindWorker(registry);
    Map<String, Metric> shown;
    try (ProcessMetrics process = new ProcessMetrics()) {
      process.bindTo(registry);
      shown = shown(registry.scrape());
    }
    assertTrue(shown.keySet().removeIf(name -> name.matches("(jvm|process|system)_.*")));
    assertTrue(shown.size() > 50, shown.keySet().toString());
    assertEquals(lines(onThePage()), lines(shown));
  }

  private static void bindService(PrometheusMeterRegistry registry) {
    try (LlmLogger llm =
        LlmLogger.builder().sender(new NoSender()).fallback(new NoWriter()).build()) {
      LlmLogMetrics.bind(llm, registry);
    }
  }

  private static void bindWorker(PrometheusMeterRegistry registry) {
    new WorkerMetrics(registry);
    new WorkerMeters(
            registry,
            () -> Seen.status(State.RUNNING),
            () -> Instant.EPOCH,
            () -> null,
            () -> new Connections("llmlog-postgresql-1", 0, 0, 0, 2))
        .register();
    new WatchMeters(registry, () -> Seen.of(Instant.now(), Seen.QUEUE, Seen.store(Seen.STATE)))
        .register(true);
  }

  private static Map<String, Metric> onThePage() throws Exception {
    Map<String, Metric> metrics = new TreeMap<>();
    for (String line : page().lines().toList()) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        Set<String> tags = new TreeSet<>();
        QUOTED.matcher(row.group(4)).results().forEach(tag -> tags.add(tag.group(1)));
        assertNull(metrics.put(row.group(1), new Metric(row.group(2), tags)), row.group(1));
      } else {
        assertTrue(!line.startsWith("| `"), "a row that is none: " + line);
      }
    }
    return metrics;
  }

  private static Map<String, Metric> shown(String scrape) {
    Map<String, Metric> metrics = new TreeMap<>();
    Set<String> tags = new TreeSet<>();
    for (String line : scrape.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        tags = new TreeSet<>();
        metrics.put(type.group(1), new Metric(type.group(2), tags));
      } else if (sample.matches()) {
        addTags(String.valueOf(sample.group(2)), tags);
      }
    }
    // What a histogram or summary of Micrometer shows beside itself.
    metrics
        .entrySet()
        .removeIf(
            metric ->
                metric.getKey().endsWith("_max")
                    && isMeasured(metrics.get(metric.getKey().replaceFirst("_max$", ""))));
    return metrics;
  }

  private static void addTags(String labels, Set<String> tags) {
    Matcher label = LABEL.matcher(labels);
    while (label.find()) {
      String key = label.group(1);
      if (!key.equals("le")) {
        tags.add(key);
        if (!key.equals("pool")) {
          tags.add(label.group(2));
        }
      }
    }
  }

  private static boolean isMeasured(@Nullable Metric metric) {
    return metric != null && !metric.type().equals("gauge");
  }

  /** For a difference that a person can read. */
  private static String lines(Map<String, Metric> metrics) {
    StringBuilder lines = new StringBuilder();
    metrics.forEach((name, metric) -> lines.append(name).append(' ').append(metric).append('\n'));
    return lines.toString();
  }

  private static String page() throws Exception {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/METRICS.md"))) {
      root = root.resolve("..").toRealPath();
    }
    return Files.readString(root.resolve("docs/METRICS.md"));
  }

  private static final class NoSender implements EventSender {
    @Override
    public long send(List<byte[]> batch) {
      throw new IllegalStateException("nothing is sent here");
    }

    @Override
    public void close() {}
  }

  private static final class NoWriter implements EventWriter {
    @Override
    public WriteResult write(List<Message> batch) {
      throw new IllegalStateException("nothing is written here");
    }

    @Override
    public void close() {}
  }
}
