package io.llmlog.config;

import io.llmlog.spool.SpoolMode;
import io.llmlog.spool.SyncPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every variable that llmlog reads. The README's table is checked against this list.
 *
 * <p>All are checked wherever llmlog starts, whichever part uses them: a wrong value in a file that
 * service and worker share is found at once.
 */
public final class Settings {
  private static final List<Setting<?>> ALL = new ArrayList<>();
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final String BOOLEAN = "true or false";
  private static final String PERIOD = "an ISO-8601 period of at least two days, such as P13M";
  private static final String DATABASE_URL =
      "a URL such as postgresql://user:password@host:5432/headhunter_analytics";
  private static final Duration MAX = Duration.ofHours(1);

  public static final Setting<String> REDIS_URL =
      add("REDIS_URL", "redis://localhost:6379", "a URL such as redis://host:6379", Parsers::url);

  /** Wins over {@link #REDIS_URL}; {@value #NO_QUEUE}: no queue. */
  public static final Setting<String> QUEUE_URL =
      add(
          "LLMLOG_QUEUE_URL",
          null,
          "a URL such as redis://host:6379, or none",
          text -> text.equals(Settings.NO_QUEUE) ? text : Parsers.url(text));

  /** The value of {@link #QUEUE_URL} that stands for no queue at all. */
  public static final String NO_QUEUE = "none";

  public static final Setting<String> DATABASE =
      add("ANALYTICS_DATABASE_URL", null, DATABASE_URL, Parsers::url);
  public static final Setting<String> READ_DATABASE =
      add("ANALYTICS_READ_DATABASE_URL", null, DATABASE_URL, Parsers::url);
  public static final Setting<String> MAINTENANCE_DATABASE =
      add("LLMLOG_MAINTENANCE_DATABASE_URL", null, DATABASE_URL, Parsers::url);
  public static final Setting<String> QUEUE =
      add(
          "LLMLOG_QUEUE",
          "llm_logs",
          "a key without braces, or with one hash tag such as {llm}_logs",
          Parsers::queue);
  public static final Setting<String> SCHEMA =
      add(
          "LLMLOG_SCHEMA",
          "public",
          "1 to 63 of a-z, 0-9 and _, not starting with a digit or pg_",
          Parsers::schema);
  public static final Setting<Boolean> ENABLED =
      add("LLMLOG_ENABLED", "true", BOOLEAN, Parsers::bool);
  public static final Setting<String> ON_BAD_CONFIG =
      add(
          "LLMLOG_ON_BAD_CONFIG",
          "fail",
          "fail or disable",
          text -> Parsers.oneOf(text, "fail", "disable"));
  public static final Setting<Long> BUFFER_MAX_BYTES =
      bytes("LLMLOG_BUFFER_MAX_BYTES", "64 MiB", MIB, 64 * GIB, "1 MiB to 64 GiB");
  public static final Setting<Long> MAX_EVENT_BYTES =
      bytes("LLMLOG_MAX_EVENT_BYTES", "256 KiB", 16 * KIB, 16 * MIB, "16 KiB to 16 MiB");
  public static final Setting<String> SPOOL_DIR =
      add("LLMLOG_SPOOL_DIR", null, "a directory", text -> text);
  public static final Setting<SpoolMode> SPOOL_MODE =
      add(
          "LLMLOG_SPOOL_MODE",
          "overflow",
          "overflow or always",
          text -> Parsers.constant(text, SpoolMode.values()));
  public static final Setting<SyncPolicy> SPOOL_SYNC =
      add("LLMLOG_SPOOL_SYNC", "500ms", "always, never or 1ms to 1h, such as 500ms", Parsers::sync);
  public static final Setting<Long> SPOOL_MAX_BYTES =
      bytes("LLMLOG_SPOOL_MAX_BYTES", "1 GiB", 16 * MIB, 1024 * GIB, "16 MiB to 1024 GiB");

  /** How long {@code log} waits for room: zero refuses at once. */
  public static final Setting<Duration> OVERFLOW =
      add(
          "LLMLOG_OVERFLOW",
          "refuse",
          "refuse or block:<duration> of 1ms to 1h, such as block:50ms",
          Parsers::overflow);

  public static final Setting<Long> QUEUE_MAX_DEPTH =
      add(
          "LLMLOG_QUEUE_MAX_DEPTH",
          "1000000",
          "1 to 4294967295",
          text -> Parsers.number(text, 1, 4294967295L));
  public static final Setting<Boolean> CAPTURE_CONTENT =
      add("LLMLOG_CAPTURE_CONTENT", "false", BOOLEAN, Parsers::bool);
  public static final Setting<String> DEPLOYMENT_VERSION =
      add("DEPLOYMENT_VERSION", null, "any text", text -> text);
  public static final Setting<String> DEPLOYMENT_ENVIRONMENT =
      add("DEPLOYMENT_ENVIRONMENT", null, "any text", text -> text);
  public static final Setting<String> SERVICE = add("LLMLOG_SERVICE", null, "any text", t -> t);
  public static final Setting<Integer> WORKER_THREADS =
      add("LLMLOG_WORKER_THREADS", "2", "1 to 64", text -> Parsers.integer(text, 1, 64));
  public static final Setting<Integer> WORKER_BATCH =
      add("LLMLOG_WORKER_BATCH", "1000", "1 to 5000", text -> Parsers.integer(text, 1, 5000));
  public static final Setting<Duration> LEASE =
      add(
          "LLMLOG_LEASE",
          "PT30S",
          "a duration of 1s to 1h, such as PT30S",
          text -> Parsers.duration(text, Duration.ofSeconds(1), MAX));
  public static final Setting<String> ADMIN_ADDRESS =
      add(
          "LLMLOG_ADMIN_ADDRESS",
          "127.0.0.1:9464",
          "host:port such as 127.0.0.1:9464, or off",
          Parsers::address);

  /** Short enough for a header, long enough that guessing it is no use. */
  public static final Setting<String> ADMIN_TOKEN =
      secret(
          "LLMLOG_ADMIN_TOKEN",
          "16 to 1000 letters, digits and other printable ASCII characters, without spaces",
          Parsers::token);

  public static final Setting<Long> QUEUE_DEPTH_ALERT =
      add(
          "LLMLOG_QUEUE_DEPTH_ALERT",
          "1000",
          "1 to 4294967295",
          text -> Parsers.number(text, 1, 4294967295L));
  public static final Setting<TemporalAmount> RETENTION =
      add("LLMLOG_RETENTION", "P13M", PERIOD, Parsers::retention);
  public static final Setting<TemporalAmount> CONTENT_RETENTION =
      add("LLMLOG_CONTENT_RETENTION", "P30D", PERIOD, Parsers::retention);
  public static final Setting<TemporalAmount> ROLLUP_RETENTION =
      add("LLMLOG_ROLLUP_RETENTION", "P5Y", PERIOD, Parsers::retention);

  /** Whether it exists is asked where something is archived: not all who read this have it. */
  public static final Setting<Path> ARCHIVE_DIR =
      add(
          "LLMLOG_ARCHIVE_DIR",
          null,
          "a directory that exists and may be written into",
          text -> Path.of(text));

  public static final Setting<String> PARTITIONING =
      add(
          "LLMLOG_PARTITIONING",
          "native",
          "native or timescale",
          text -> Parsers.oneOf(text, "native", "timescale"));

  /** Names that begin like ours and are read by the test kit alone. */
  static final Set<String> TEST_NAMES =
      Set.of(
          "LLMLOG_TEST_SERVERS",
          "LLMLOG_TEST_REDIS_URL",
          "LLMLOG_TEST_POSTGRES_URL",
          "LLMLOG_TEST_TIMESCALE_URL");

  private Settings() {}

  /** All of them, in the order of the documents. */
  public static List<Setting<?>> all() {
    return List.copyOf(ALL);
  }

  private static <T> Setting<T> add(
      String name,
      @Nullable String defaultText,
      String allowed,
      Function<String, @Nullable T> parser) {
    return register(new Setting<>(name, defaultText, allowed, parser, false));
  }

  private static <T> Setting<T> secret(
      String name, String allowed, Function<String, @Nullable T> parser) {
    return register(new Setting<>(name, null, allowed, parser, true));
  }

  private static Setting<Long> bytes(
      String name, String defaultText, long min, long max, String allowed) {
    return add(name, defaultText, allowed, text -> Parsers.bytes(text, min, max));
  }

  private static <T> Setting<T> register(Setting<T> setting) {
    ALL.add(setting);
    return setting;
  }
}
