package io.llmlog.worker.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.metrics.LlmLogMetrics;
import io.llmlog.worker.alert.RuleFile.Rule;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules for services read what a service shows. */
final class ServiceRulesTest {
  private static final Pattern OF_SERVICES =
      Pattern.compile("llmlog_(?:events|circuit|spool|buffer)_\\w+");
  private static final Pattern METRIC = Pattern.compile("^([a-z]\\w+)[{ ]", Pattern.MULTILINE);

  @TempDir Path spool;

  @Test
  void eachMetricOfARuleForServices_isOneOfABoundLogger() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    // It connects to nothing before the first event.
    Map<String, String> variables =
        Map.of(
            "REDIS_URL", "redis://127.0.0.1:1",
            "ANALYTICS_DATABASE_URL", "postgresql://llmlog:llmlog@127.0.0.1:1/llmlog",
            "LLMLOG_SPOOL_DIR", spool.toString());
    Set<String> wanted = new TreeSet<>();
    RuleFile.rules().stream().map(Rule::metrics).forEach(wanted::addAll);
    wanted.removeIf(name -> !OF_SERVICES.matcher(name).matches());
    assertTrue(wanted.contains("llmlog_events_dropped_total"), wanted.toString());
    try (LlmLogger llm = LlmLogger.fromEnvironment(variables)) {
      LlmLogMetrics.bind(llm, registry);
      Set<String> shown =
          METRIC
              .matcher(registry.scrape())
              .results()
              .map(match -> match.group(1))
              .collect(Collectors.toSet());
      wanted.removeAll(shown);
      assertEquals(Set.of(), wanted, "are rules' metrics, but none of " + shown);
    }
  }
}
