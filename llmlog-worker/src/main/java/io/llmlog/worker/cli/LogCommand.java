package io.llmlog.worker.cli;

import io.llmlog.LlmLogger;
import io.llmlog.config.Settings;
import io.llmlog.delivery.LedgerSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Logs lines of JSON the way a service logs its calls. */
@Command(
    name = "log",
    description = {
      "Logs each line of JSON as one LLM call. Waits while the buffer is full.",
      "At the end, or when stopped, the ledger as one line of JSON; exit code 1 when a line was"
          + " lost."
    })
final class LogCommand implements Callable<Integer> {
  /** How soon a stop is noticed while the command waits for deliveries. */
  private static final Duration LOOK = Duration.ofMillis(100);

  private static final String BAD_LINE = "bad_line";

  private final Console console;

  @Parameters(paramLabel = "FILE", description = "A file of JSON lines in UTF-8; - is stdin.")
  private String file = "-";

  @Option(names = "--ack", description = "Print the event_id of each accepted event at once.")
  private boolean ack;

  @Option(
      names = "--drain",
      paramLabel = "DURATION",
      defaultValue = "PT60S",
      description = {
        "How long to wait for delivery at the end (default: ${DEFAULT-VALUE}).",
        "When stopped it is 10 s, as in a service."
      })
  private Duration drain = Duration.ofSeconds(60);

  LogCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    if (drain.isNegative()) {
      throw CommandException.wrongUsage("--drain " + drain + ": must not be negative");
    }
    // The file first: a wrong name needs no logger.
    InputStream in = open();
    Map<String, String> variables = variables();
    LlmLogger llm = LlmLogger.fromEnvironment(variables);
    LineLogger lines = new LineLogger(in, llm, console, ack);
    try (StopSignal stop = new StopSignal(() -> stop(lines, llm), Main.FAILED)) {
      lines.start();
      lines.awaitEnd();
      end(llm, stop);
      lines.settle();
      int code = report(llm.counts(), lines, variables.get(Settings.SPOOL_DIR.name()));
      stop.exitCode(code);
      return code;
    }
  }

  /** A pipe waits where a service refuses, and its user wants to hear of a bad configuration. */
  private Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>(console.variables());
    variables.put(Settings.OVERFLOW.name(), "block:1h");
    variables.put(Settings.ON_BAD_CONFIG.name(), "fail");
    return variables;
  }

  private InputStream open() throws CommandException {
    if (file.equals("-")) {
      return console.in();
    }
    try {
      return Files.newInputStream(Path.of(file));
    } catch (IOException e) {
      throw CommandException.failed(file + ": " + reason(e), e);
    }
  }

  /** Returns when the logger is closed, whoever closes it: the end of the JVM does it, too. */
  private static void stop(LineLogger lines, LlmLogger llm) {
    lines.stop();
    llm.close();
  }

  private void end(LlmLogger llm, StopSignal stop) {
    long start = System.nanoTime();
    boolean delivered = llm.flush(drain.compareTo(LOOK) < 0 ? drain : LOOK);
    while (!delivered && !stop.came() && isPatient(start)) {
      delivered = llm.flush(LOOK);
    }
    if (!delivered && !stop.came()) {
      // The patience of close() would come on top of the user's; an interrupted caller gets none.
      Thread.currentThread().interrupt();
    }
    llm.close();
    Thread.interrupted();
  }

  private boolean isPatient(long startNanos) {
    Duration waited = Duration.ofNanos(System.nanoTime() - startNanos);
    return waited.compareTo(drain) < 0;
  }

  /** Prints the ledger, and in words what is not delivered; answers the exit code. */
  private int report(LedgerSnapshot counts, LineLogger lines, @Nullable String spoolDirectory) {
    Throwable failure = lines.failure();
    if (failure != null) {
      console.say(
          file + ": " + (failure instanceof IOException e ? reason(e) : failure.toString()));
    }
    // A line that came when the logger was closing was, like those behind it, not logged at all.
    long offered = counts.offered() + lines.badLines() - lines.tooLate();
    long refused = counts.refused() + lines.badLines() - lines.tooLate();
    Map<String, Long> refusedBy = refusedBy(counts, lines);
    console.print(
        new JsonLine()
            .put("offered", offered)
            .put("accepted", counts.accepted())
            .put("adopted", counts.adopted())
            .put("queued", counts.queued())
            .put("fallback", counts.fallback())
            .put("dropped", counts.dropped())
            .put("refused", refused)
            .put("spooled", counts.spooled())
            .put("pending", counts.pending())
            .put("dropped_by", counts.droppedBy())
            .put("refused_by", refusedBy)
            .toString());
    if (counts.spooled() > 0) {
      console.say(
          "%d events are in the spool %s: whoever uses it next delivers them"
              .formatted(counts.spooled(), spoolDirectory));
    }
    long lost = counts.dropped() + refused + counts.pending();
    if (lost > 0) {
      console.say(
          "%d events are lost: dropped %s, refused %s"
              .formatted(lost, counts.droppedBy(), refusedBy));
    }
    return lost > 0 || failure != null ? Main.FAILED : Main.DONE;
  }

  private static Map<String, Long> refusedBy(LedgerSnapshot counts, LineLogger lines) {
    Map<String, Long> refusedBy = new TreeMap<>(counts.refusedBy());
    if (lines.badLines() > 0) {
      refusedBy.put(BAD_LINE, lines.badLines());
    }
    if (lines.tooLate() > 0) {
      refusedBy.remove(LineLogger.CLOSED);
    }
    return refusedBy;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    return e instanceof AccessDeniedException ? "access denied" : String.valueOf(e.getMessage());
  }
}
