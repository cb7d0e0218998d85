package io.llmlog.examples.demo;

import io.llmlog.LlmLogger;
import io.llmlog.config.Environment;
import io.llmlog.worker.Worker;
import io.llmlog.worker.cli.Monitor;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ./llmlog demo}: shows llmlog at work on servers of its own.
 *
 * <p>Results go to stdout, and the last line there is JSON; all else goes to stderr. Exit codes: 0
 * each call became a row, 1 not so, 2 wrong usage.
 */
@Command(
    name = "llmlog demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a Redis and a PostgreSQL of its own, logs a workload through the logger, stores it"
          + " with an embedded worker and prints what it cost. Then serves the dashboard and keeps"
          + " the servers for a look, until Ctrl-C."
    })
public final class Demo implements Callable<Integer> {
  private static final int MAX_CALLS = 1_000_000;

  /** How long the end of the process waits for the servers to end. */
  private static final long END_SECONDS = 30;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--once", description = "End after the report.")
  private boolean once;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = {
        "Replay the calls of a CSV file with the header",
        "TIMESTAMP,ContextTokens,GeneratedTokens, times in UTC."
      })
  private @Nullable Path trace;

  @Option(
      names = "--calls",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Without --trace: how many calls to make up (${DEFAULT-VALUE}).")
  private int calls;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed makes the same calls (${DEFAULT-VALUE}).")
  private long seed;

  private Demo() {}

  /** Runs the demo and ends the process. */
  public static void main(String[] arguments) {
    setUnlessSet("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    // The demo's servers keep nothing on disk, for nothing in them is worth it.
    setUnlessSet("org.slf4j.simpleLogger.log.io.llmlog.worker.ServerChecks", "error");
    // They write down what somebody sends.
    setUnlessSet("org.slf4j.simpleLogger.log.io.javalin", "error");
    setUnlessSet("org.slf4j.simpleLogger.log.org.eclipse.jetty", "error");
    if (Runtime.version().feature() >= 24) {
      // Else the JVM prints four lines of warning about the Redis client's use of sun.misc.Unsafe.
      setUnlessSet("io.netty.noUnsafe", "true");
    }
    CountDownLatch ended = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(main, ended), "llmlog-demo-end"));
    int code;
    try {
      code = command().execute(arguments);
    } finally {
      ended.countDown();
    }
    System.exit(code);
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** The command, for one run. */
  static CommandLine command() {
    CommandLine command = new CommandLine(new Demo());
    command.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          System.err.println("llmlog demo: " + text(e));
          return CommandLine.ExitCode.SOFTWARE;
        });
    return command;
  }

  @Override
  public Integer call() throws Exception {
    List<Usage> workload = workload();
    // System.out would write in the charset of the locale.
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.err.println("Starting a Redis and a PostgreSQL for the demo");
    try (DemoServers servers = DemoServers.start()) {
      Run run = new Run(servers, workload, new CallMix(seed), out);
      run.prepare();
      System.err.printf("Logging %,d calls%n", workload.size());
      Environment environment = Environment.of(run.environment());
      Monitor configured = once ? null : Monitor.of(environment);
      try (Worker worker = worker(environment, configured);
          Monitor monitor = configured;
          LlmLogger logger = LlmLogger.fromEnvironment(run.environment())) {
        if (monitor != null) {
          // A worker of the same machine may have the usual port.
          monitor.startSomewhere(worker);
        }
        boolean complete = run.complete(logger, worker);
        if (monitor != null) {
          keep(run, monitor.url());
        }
        return complete ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
      }
    } catch (InterruptedException e) {
      // By the end of the process, which has its own exit code.
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private static Worker worker(Environment environment, @Nullable Monitor monitor) {
    return monitor == null
        ? Worker.from(environment)
        : Worker.from(environment, monitor.listener());
  }

  private List<Usage> workload() throws IOException, BadTraceException {
    Path file = trace;
    if (file == null) {
      if (calls < 1 || calls > MAX_CALLS) {
        throw wrongUsage("--calls " + calls + ": must be 1 to " + MAX_CALLS);
      }
      return GeneratedCalls.upTo(Instant.now(), calls, seed);
    }
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw wrongUsage("--trace " + file + ": must be a file that can be read");
    }
    return TraceFile.read(file);
  }

  private ParameterException wrongUsage(String why) {
    if (spec == null) {
      throw new IllegalStateException(why);
    }
    return new ParameterException(spec.commandLine(), why);
  }

  private static void keep(Run run, String dashboard) throws InterruptedException {
    System.err.println("The dashboard: " + dashboard);
    System.err.println();
    System.err.println("The servers and the worker go on until Ctrl-C. In another terminal:");
    System.err.println();
    for (String name : List.of("REDIS_URL", "ANALYTICS_DATABASE_URL", "LLMLOG_RETENTION")) {
      System.err.println("  export " + name + "='" + run.environment().get(name) + "'");
    }
    System.err.println("  ./llmlog status");
    System.err.println("  ./llmlog cost --by company");
    System.err.println("  psql \"$ANALYTICS_DATABASE_URL\" -c 'SELECT * FROM llm_logs LIMIT 5'");
    System.err.println("  redis-cli -u \"$REDIS_URL\" LLEN llm_logs");
    new CountDownLatch(1).await();
  }

  /** Interrupts the main thread, which closes all in order, and waits for it. */
  private static void end(Thread main, CountDownLatch ended) {
    PrintStream err = System.err;
    if (ended.getCount() > 0) {
      // Ctrl-C ends the servers too, beside us; what the worker says of that is no news.
      System.setErr(
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    }
    main.interrupt();
    try {
      if (!ended.await(END_SECONDS, TimeUnit.SECONDS)) {
        err.println("llmlog demo: the servers did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String text(Exception e) {
    return e instanceof BadTraceException || e instanceof DemoException
        ? String.valueOf(e.getMessage())
        : e.toString();
  }
}
