package io.llmlog.benchmarks.caller;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.FileAppender;
import net.logstash.logback.argument.StructuredArguments;
import net.logstash.logback.encoder.LogstashEncoder;

/**
 * Logback's {@code AsyncAppender} before a file, with logstash-logback-encoder: one structured
 * argument, an object whose fields the appender's thread reads and encodes.
 */
final class LogbackSubject implements Subject {
  /** What becomes of events when the queue fills. */
  enum Policy {
    /** As it comes: a queue of 256, and events below WARN are dropped when it is 80 % full. */
    DEFAULT,
    /** Nothing is dropped: callers wait for room. */
    KEEP_ALL,
    /** Callers never wait: what has no room is dropped. */
    NEVER_BLOCK
  }

  private static final String FILE = "logback.json";

  /** The calls of three seconds at the pace of four threads. */
  private static final int LARGE_QUEUE = 1 << 18;

  private static final int FLUSH_MILLIS = 30_000;

  private final FarEnd farEnd;
  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("calls");

  LogbackSubject(FarEnd farEnd, Policy policy) {
    this.farEnd = farEnd;
    // What SLF4J's provider would do: without it no event gets through, and nobody hears of it.
    context.setMDCAdapter(new LogbackMDCAdapter());
    LogstashEncoder encoder = new LogstashEncoder();
    encoder.setContext(context);
    encoder.start();
    FileAppender<ILoggingEvent> file = new FileAppender<>();
    file.setContext(context);
    file.setName("file");
    file.setFile(farEnd.file(FILE).toString());
    file.setAppend(false);
    // Its manual: for more throughput.
    file.setImmediateFlush(false);
    file.setEncoder(encoder);
    file.start();
    AsyncAppender async = new AsyncAppender();
    async.setContext(context);
    async.setName("async");
    async.setMaxFlushTime(FLUSH_MILLIS);
    if (policy != Policy.DEFAULT) {
      async.setQueueSize(LARGE_QUEUE);
      async.setDiscardingThreshold(0);
      async.setNeverBlock(policy == Policy.NEVER_BLOCK);
    }
    async.addAppender(file);
    async.start();
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    logger.addAppender(async);
  }

  @Override
  public boolean makeAndLog() {
    logger.info("llm_call", StructuredArguments.fields(CallColumns.ofFramework()));
    return true;
  }

  @Override
  public long finish() {
    context.stop();
    return afterKill(farEnd);
  }

  /** What reached the file. */
  static long afterKill(FarEnd farEnd) {
    return ScratchPlace.lines(farEnd.file(FILE));
  }

  @Override
  public void close() {
    context.stop();
  }
}
