package io.llmlog.benchmarks.caller;

import io.llmlog.event.UuidV7;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.async.AsyncLoggerContext;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.apache.logging.log4j.message.StringMapMessage;

/**
 * Log4j 2 with all loggers asynchronous, a JSON template and a {@code RandomAccessFile} that is
 * flushed at the end of a batch, as its page on performance recommends. A map message is not
 * formatted by the caller. A full ring makes callers wait.
 */
final class Log4jSubject implements Subject {
  private static final String FILE = "log4j.json";

  private static final String TEMPLATE =
      """
      {"created_at": {"$resolver": "timestamp",
        "pattern": {"format": "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "timeZone": "UTC"}},
       "call": {"$resolver": "map", "flatten": true}}""";

  private final FarEnd farEnd;
  private final AsyncLoggerContext context;
  private final Logger logger;

  Log4jSubject(FarEnd farEnd) {
    setUp();
    this.farEnd = farEnd;
    ConfigurationBuilder<BuiltConfiguration> builder =
        ConfigurationBuilderFactory.newConfigurationBuilder();
    builder.setStatusLevel(Level.ERROR);
    builder.add(
        builder
            .newAppender("file", "RandomAccessFile")
            .addAttribute("fileName", farEnd.file(FILE).toString())
            .addAttribute("append", false)
            .addAttribute("immediateFlush", false)
            .add(builder.newLayout("JsonTemplateLayout").addAttribute("eventTemplate", TEMPLATE)));
    builder.add(builder.newRootLogger(Level.INFO).add(builder.newAppenderRef("file")));
    this.context = new AsyncLoggerContext("benchmark");
    context.start(builder.build());
    this.logger = context.getLogger("calls");
  }

  /** Read when the first class of Log4j is loaded. */
  private static void setUp() {
    // It takes the dashboard's servlets, on the class path of the benchmarks, for a web
    // application, and would do without the thread-locals that spare it garbage.
    System.setProperty("log4j2.isWebapp", "false");
    System.setProperty("log4j2.enableThreadlocals", "true");
    // What it has without thread-locals; 4,096 with them would make callers wait sooner.
    System.setProperty("log4j2.asyncLoggerRingBufferSize", "262144");
    // The least work for the thread that logs, says its manual; the others wake a thread.
    System.setProperty("log4j2.asyncLoggerWaitStrategy", "Sleep");
  }

  @Override
  public boolean makeAndLog() {
    logger.info(
        new StringMapMessage(16)
            .with("action", SampleCall.ACTION)
            .with("user_id", SampleCall.USER_ID)
            .with("company_id", SampleCall.COMPANY_ID)
            .with("interview_id", SampleCall.INTERVIEW_ID)
            .with("provider", SampleCall.PROVIDER)
            .with("model", SampleCall.MODEL)
            .with("tokens_input", SampleCall.TOKENS_INPUT)
            .with("tokens_output", SampleCall.TOKENS_OUTPUT)
            .with("cost_usd", SampleCall.COST)
            .with("latency_ms", SampleCall.LATENCY_MS)
            .with("ttft_ms", SampleCall.TTFT_MS)
            .with("streaming", true)
            .with("finish_reason", SampleCall.FINISH_REASON)
            .with("deployment_environment", SampleCall.ENVIRONMENT)
            .with("service", SampleCall.SERVICE)
            .with("event_id", UuidV7.next()));
    return true;
  }

  @Override
  public long finish() {
    context.stop(30, TimeUnit.SECONDS);
    return afterKill(farEnd);
  }

  /** What reached the file. */
  static long afterKill(FarEnd farEnd) {
    return ScratchPlace.lines(farEnd.file(FILE));
  }

  @Override
  public void close() {
    context.stop(30, TimeUnit.SECONDS);
  }
}
