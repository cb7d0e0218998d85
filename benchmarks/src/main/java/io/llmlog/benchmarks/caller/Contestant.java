package io.llmlog.benchmarks.caller;

import io.llmlog.benchmarks.caller.LlmlogSubject.Disk;
import io.llmlog.benchmarks.caller.LogbackSubject.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** The ways to log that are measured, and what each does and does not do. */
// Its functions hold nothing.
@SuppressWarnings("ImmutableEnumChecker")
enum Contestant {
  NOTHING(
      Side.MEASURING,
      farEnd -> Subject.NONE,
      Contestant::none,
      "the measuring itself: no event, no log"),
  LLMLOG_COUNT(
      Side.LLMLOG,
      farEnd -> LlmlogSubject.counting(farEnd, Disk.NONE),
      farEnd -> farEnd.arrived().count(),
      "identity, time, JSON on the caller's thread; its own thread hands batches to a counter"),
  LLMLOG_REDIS(
      Side.LLMLOG,
      farEnd -> LlmlogSubject.onRedis(farEnd, Disk.NONE),
      farEnd -> LlmlogSubject.afterKill(farEnd, Disk.NONE),
      "the same, into a real Redis on this machine, acknowledged"),
  LLMLOG_BLACKHOLE(
      Side.LLMLOG,
      farEnd -> LlmlogSubject.blackHoled(farEnd, Disk.NONE),
      Contestant::none,
      "the same, Redis and database swallow every byte; memory of 64 MiB, then it refuses"),
  LLMLOG_OVERFLOW_BLACKHOLE(
      Side.LLMLOG,
      farEnd -> LlmlogSubject.blackHoled(farEnd, Disk.OVERFLOW),
      Contestant::none,
      "the same with a spool for what finds no room in memory"),
  LLMLOG_ALWAYS_COUNT(
      Side.DISK,
      farEnd -> LlmlogSubject.counting(farEnd, Disk.ALWAYS),
      Contestant::none,
      "spool always: the event is in a file before log() returns; then to a counter"),
  LLMLOG_ALWAYS_REDIS(
      Side.DISK,
      farEnd -> LlmlogSubject.onRedis(farEnd, Disk.ALWAYS),
      farEnd -> LlmlogSubject.afterKill(farEnd, Disk.ALWAYS),
      "spool always, then into a real Redis; after a kill the next process delivers the rest"),
  LLMLOG_ALWAYS_BLACKHOLE(
      Side.DISK,
      farEnd -> LlmlogSubject.blackHoled(farEnd, Disk.ALWAYS),
      Contestant::none,
      "spool always, Redis and database swallow every byte"),
  OTEL(
      Side.PEER,
      farEnd -> new OtelSubject(farEnd, OtelSubject.DEFAULT_QUEUE),
      farEnd -> farEnd.arrived().count(),
      "BatchLogRecordProcessor, queue 2048: encodes nothing, no identity; an exporter counts"),
  OTEL_LARGE(
      Side.PEER,
      farEnd -> new OtelSubject(farEnd, OtelSubject.LARGE_QUEUE),
      farEnd -> farEnd.arrived().count(),
      "the same with a queue of 262,144, so that it drops nothing at this pace"),
  LOG4J(
      Side.PEER,
      Log4jSubject::new,
      Log4jSubject::afterKill,
      "AsyncLogger, JSON template made by its own thread, into a file; no network"),
  LOGBACK(
      Side.PEER,
      farEnd -> new LogbackSubject(farEnd, Policy.DEFAULT),
      LogbackSubject::afterKill,
      "AsyncAppender as it comes (queue 256, drops when 80 % full), JSON by its own thread, file"),
  LOGBACK_ALL(
      Side.PEER,
      farEnd -> new LogbackSubject(farEnd, Policy.KEEP_ALL),
      LogbackSubject::afterKill,
      "the same, queue 262,144, discardingThreshold 0: callers wait for room"),
  LOGBACK_NEVER_BLOCK(
      Side.PEER,
      farEnd -> new LogbackSubject(farEnd, Policy.NEVER_BLOCK),
      LogbackSubject::afterKill,
      "the same with neverBlock: drops in silence what has no room"),
  ZIPKIN(
      Side.PEER,
      ZipkinSubject::new,
      farEnd -> farEnd.arrived().count(),
      "AsyncReporter: columns as tags, JSON by its own thread; a sender counts; drops in silence"),
  LETTUCE_ASYNC(
      Side.PEER,
      farEnd -> new LettuceSubject(farEnd, false),
      Contestant::inRedis,
      "JSON by Jackson on the caller's thread, LPUSH each, nobody waits for the answer"),
  LETTUCE_SYNC(
      Side.PEER,
      farEnd -> new LettuceSubject(farEnd, true),
      Contestant::inRedis,
      "the same, the caller waits for Redis: cannot keep the pace"),
  CHRONICLE(
      Side.DISK_PEER,
      ChronicleSubject::new,
      ChronicleSubject::afterKill,
      "Chronicle Queue: JSON by Jackson into a mapped file on the caller's thread; sends nothing");

  /** What it is compared with. */
  enum Side {
    MEASURING,
    LLMLOG,
    PEER,
    DISK,
    DISK_PEER
  }

  private final Side side;
  private final Function<FarEnd, Subject> starter;
  private final ToLongFunction<FarEnd> afterKill;
  private final String note;

  Contestant(
      Side side, Function<FarEnd, Subject> starter, ToLongFunction<FarEnd> afterKill, String note) {
    this.side = side;
    this.starter = starter;
    this.afterKill = afterKill;
    this.note = note;
  }

  private static long none(FarEnd farEnd) {
    return -1;
  }

  private static long inRedis(FarEnd farEnd) {
    String url = farEnd.redisUrl();
    return url == null ? -1 : RedisList.length(url);
  }

  /** The one of that label. */
  static Contestant of(String label) {
    return Arrays.stream(values())
        .filter(contestant -> contestant.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    label
                        + ": must be one of "
                        + Arrays.stream(values())
                            .map(Contestant::label)
                            .collect(Collectors.joining(", "))));
  }

  /** How tables name it. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  Side side() {
    return side;
  }

  /** What it does, and what it does less of. */
  String note() {
    return note;
  }

  Subject start(FarEnd farEnd) {
    return starter.apply(farEnd);
  }

  /** How many events of a killed process arrive in the end; -1 where nobody could know. */
  long afterKill(FarEnd farEnd) {
    return afterKill.applyAsLong(farEnd);
  }

  /** Whether its events arrive anywhere, so that what is lost with a process can be counted. */
  boolean delivers() {
    return switch (this) {
      case NOTHING, LLMLOG_BLACKHOLE, LLMLOG_OVERFLOW_BLACKHOLE, LLMLOG_ALWAYS_BLACKHOLE -> false;
      default -> true;
    };
  }

  /** Those that {@link #afterKill} knows of. */
  static List<Contestant> killable() {
    return Arrays.stream(values())
        .filter(contestant -> contestant.delivers() && contestant != LLMLOG_ALWAYS_COUNT)
        .toList();
  }
}
