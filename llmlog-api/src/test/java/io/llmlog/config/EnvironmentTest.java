package io.llmlog.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Period;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentTest {
  @Test
  void anEmptyEnvironment_hasTheDefaults() {
    Environment environment = Environment.of(Map.of());

    assertEquals(List.of(), environment.problems());
    assertEquals("redis://localhost:6379", environment.get(Settings.REDIS_URL));
    assertEquals("llm_logs", environment.get(Settings.QUEUE));
    assertEquals("public", environment.get(Settings.SCHEMA));
    assertEquals(64L << 20, environment.get(Settings.BUFFER_MAX_BYTES));
    assertEquals(256L << 10, environment.get(Settings.MAX_EVENT_BYTES));
    assertEquals(1L << 30, environment.get(Settings.SPOOL_MAX_BYTES));
    assertEquals(1_000_000L, environment.get(Settings.QUEUE_MAX_DEPTH));
    assertEquals(2, environment.get(Settings.WORKER_THREADS));
    assertEquals(1000, environment.get(Settings.WORKER_BATCH));
    assertEquals(Duration.ofSeconds(30), environment.get(Settings.LEASE));
    assertEquals(Period.ofMonths(13), environment.get(Settings.RETENTION));
    assertEquals(Duration.ZERO, environment.get(Settings.OVERFLOW));
    assertNull(environment.find(Settings.DATABASE));
  }

  @Test
  void everyDefault_isAllowed() {
    Set<String> names = new HashSet<>();
    for (Setting<?> setting : Settings.all()) {
      assertTrue(names.add(setting.name()), setting.name());
      String text = setting.defaultText();
      assertTrue(text == null || setting.parse(text) != null, setting.name());
    }
  }

  @Test
  void anEmptyVariable_countsAsUnset() {
    Environment environment = Environment.of(Map.of("LLMLOG_WORKER_BATCH", ""));

    assertEquals(1000, environment.get(Settings.WORKER_BATCH));
    assertFalse(environment.isSet(Settings.WORKER_BATCH));
  }

  @Test
  void allErrors_areReportedTogether() {
    Environment environment =
        Environment.of(
            Map.of(
                "LLMLOG_WORKER_BATCH", "0",
                "LLMLOG_WORKER_THREADS", "many",
                "LLMLOG_QUEUE", "a{b"));
    environment.reject(Settings.DATABASE, "the worker needs one");

    ConfigException e = assertThrows(ConfigException.class, environment::throwIfWrong);

    assertEquals(
        Set.of(
            "LLMLOG_WORKER_BATCH=0: must be 1 to 5000",
            "LLMLOG_WORKER_THREADS=many: must be 1 to 64",
            "LLMLOG_QUEUE=a{b: must be a key without braces, or with one hash tag such as"
                + " {llm}_logs",
            "ANALYTICS_DATABASE_URL is not set: the worker needs one"),
        new HashSet<>(e.problems()));
  }

  @ParameterizedTest
  @CsvSource({
    "LLMLOG_WORKER_BATCH,5001",
    "LLMLOG_WORKER_THREADS,99999999999999999999",
    "LLMLOG_LEASE,30",
    "LLMLOG_LEASE,PT0S",
    "LLMLOG_LEASE,P300000000000000D",
    "LLMLOG_BUFFER_MAX_BYTES,64 MB",
    "LLMLOG_BUFFER_MAX_BYTES,-1",
    "LLMLOG_BUFFER_MAX_BYTES,99999999999 GiB",
    "LLMLOG_MAX_EVENT_BYTES,17MiB",
    "LLMLOG_RETENTION,13M",
    "LLMLOG_RETENTION,P1D",
    "LLMLOG_RETENTION,P-13M",
    "LLMLOG_RETENTION,P99999999999M",
    "LLMLOG_SPOOL_MODE,Always",
    "LLMLOG_SPOOL_SYNC,sometimes",
    "LLMLOG_OVERFLOW,block",
    "LLMLOG_OVERFLOW,block:-1s",
    "LLMLOG_ENABLED,yes",
    "LLMLOG_SCHEMA,Analytics",
    "LLMLOG_SCHEMA,pg_toast",
    "LLMLOG_QUEUE,{}",
    "LLMLOG_QUEUE,{a}{b}",
    "LLMLOG_QUEUE,a}b{c",
    "LLMLOG_ADMIN_ADDRESS,9464",
    "LLMLOG_ADMIN_ADDRESS,localhost:99999",
    "LLMLOG_PARTITIONING,yearly",
    "LLMLOG_ON_BAD_CONFIG,ignore",
    "ANALYTICS_DATABASE_URL,headhunter_analytics"
  })
  void aWrongValue_isNamedWithWhatIsAllowed(String name, String text) {
    List<String> problems = Environment.of(Map.of(name, text)).problems();

    assertEquals(1, problems.size(), problems.toString());
    assertTrue(problems.get(0).startsWith(name + "=" + text + ": must be "), problems.get(0));
  }

  @ParameterizedTest
  @CsvSource({
    "LLMLOG_BUFFER_MAX_BYTES,67108864",
    "LLMLOG_BUFFER_MAX_BYTES,128MiB",
    "LLMLOG_LEASE,5s",
    "LLMLOG_LEASE,PT1M30S",
    "LLMLOG_RETENTION,P10Y",
    "LLMLOG_RETENTION,P30D",
    "LLMLOG_RETENTION,PT72H",
    "LLMLOG_OVERFLOW,block:50ms",
    "LLMLOG_SPOOL_SYNC,never",
    "LLMLOG_QUEUE,{llm}_logs",
    "LLMLOG_QUEUE,logs:of:{llm}",
    "LLMLOG_ADMIN_ADDRESS,[::1]:9464",
    "LLMLOG_ADMIN_ADDRESS,off",
    "LLMLOG_ENABLED,FALSE"
  })
  void theFormsOfTheContract_areUnderstood(String name, String text) {
    assertEquals(List.of(), Environment.of(Map.of(name, text)).problems());
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2", "hunter2 hunter2 hunter2", "hunter2-hunter2-hünter2"})
  void aTokenThatIsTooEasy_isRefusedAndNotShown(String token) {
    List<String> problems = Environment.of(Map.of("LLMLOG_ADMIN_TOKEN", token)).problems();

    assertEquals(1, problems.size(), problems.toString());
    assertTrue(
        problems.get(0).startsWith("LLMLOG_ADMIN_TOKEN=***: must be 16 to 1000"), problems.get(0));
  }

  @Test
  void aSecret_isMaskedInTheError() {
    Environment environment =
        Environment.of(Map.of("REDIS_URL", "redis://app:pa:ss@wo@rd@host:6379"));
    environment.reject(Settings.REDIS_URL, "no");

    assertEquals(List.of("REDIS_URL=redis://app:***@host:6379: no"), environment.problems());
  }

  @ParameterizedTest
  @CsvSource({
    "redis://host:6379, redis://host:6379",
    "redis://:secret@host, redis://:***@host",
    "postgresql://u:secret@h/d?sslmode=require, postgresql://u:***@h/d?sslmode=require",
    "jdbc:postgresql://h/d?user=u&password=secret&ssl=true,"
        + " jdbc:postgresql://h/d?user=u&password=***&ssl=true",
    "redis://secret@host:6379, redis://***@host:6379",
    "redis://[::1]:6379/2, redis://[::1]:6379/2",
    "'postgresql://a:5432,b:5433/d', 'postgresql://a:5432,b:5433/d'",
    "jdbc:postgresql://h/d?password=sec#re;t, jdbc:postgresql://h/d?password=***",
    "jdbc:postgresql://h/d?user=u, jdbc:postgresql://h/d?user=u",
    "host=h password=secret dbname=d, host=h password=***",
    "host=h password = s e c&ret, host=h password =***",
    "postgresql://h/d?password=se#cr&et&ssl=true, postgresql://h/d?password=***&ssl=true",
    "redis://secret@host, redis://***@host",
    "secret@host, ***@host",
    "redis:user:secret@host, ***@host",
    "//user:secret@host, ***@host",
    "redis://user:secret, redis://user:***",
    "redis://:secret/0, redis://:***",
    "redis://:1secret, redis://:***",
    "redis://host:99999/x, redis://host:99999/x",
    "redis://[::1]:6379, redis://[::1]:6379",
    "'postgresql://a:5432,b/d', 'postgresql://a:5432,b/d'",
    "plain, plain"
  })
  void aUrl_isShownWithoutItsPassword(String url, String shown) {
    assertEquals(shown, Secrets.mask(url));
  }

  @Test
  void anUnknownVariable_isAWarningThatNamesTheNearest() {
    Environment environment =
        Environment.of(Map.of("LLMLOG_WORKER_THREAD", "4", "LLMLOG_TEST_SERVERS", "embedded"));

    assertEquals(List.of(), environment.problems());
    assertEquals(
        List.of(
            "LLMLOG_WORKER_THREAD is unknown; the nearest known variable is"
                + " LLMLOG_WORKER_THREADS"),
        environment.warnings());
  }
}
