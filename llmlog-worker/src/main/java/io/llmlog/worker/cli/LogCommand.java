package io.llmlog.worker.cli;

import io.llmlog.LlmLogger;
import io.llmlog.config.Settings;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.EventDecoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.event.UuidV7;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Logs lines of JSON the way a service logs its calls. */
@Command(
    name = "log",
    description = {
      "Logs each line of JSON as one LLM call. Waits while the buffer is full.",
      "At the end the ledger as one line of JSON; exit code 1 when a line was lost."
    })
final class LogCommand implements Callable<Integer> {
  /** A line of more bytes is no message (docs/MESSAGE.md), and need not be held in memory. */
  private static final int MAX_LINE_BYTES = 16 << 20;

  private static final String BAD_LINE = "bad_line";

  private final Console console;
  private final InstantSource clock = InstantSource.system();

  @Parameters(paramLabel = "FILE", description = "A file of JSON lines in UTF-8; - is stdin.")
  private String file = "-";

  @Option(names = "--ack", description = "Print the event_id of each accepted event at once.")
  private boolean ack;

  @Option(
      names = "--drain",
      paramLabel = "DURATION",
      defaultValue = "PT60S",
      description = "How long to wait for delivery at the end (default: ${DEFAULT-VALUE}).")
  private Duration drain = Duration.ofSeconds(60);

  private long badLines;

  LogCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException {
    if (drain.isNegative()) {
      throw CommandException.wrongUsage("--drain " + drain + ": must not be negative");
    }
    LedgerSnapshot counts;
    // The file first: a wrong name needs no logger.
    try (InputStream in = open();
        LlmLogger llm = LlmLogger.fromEnvironment(variables())) {
      try {
        logAll(new Lines(in, MAX_LINE_BYTES), llm);
      } catch (IOException e) {
        // What was read before is delivered and counted all the same.
        console.say(file + ": " + e.getMessage());
        end(llm);
        console.print(ledger(llm.counts()));
        return Main.FAILED;
      }
      end(llm);
      counts = llm.counts();
    } catch (IOException e) {
      throw CommandException.failed(file + ": " + reason(e), e);
    }
    console.print(ledger(counts));
    long lost = counts.dropped() + counts.refused() + badLines + counts.pending();
    if (lost == 0) {
      return Main.DONE;
    }
    console.say(
        "%d events are not in the queue: dropped %s, refused %s, pending %d"
            .formatted(lost, counts.droppedBy(), refusedBy(counts), counts.pending()));
    return Main.FAILED;
  }

  /** A pipe waits where a service refuses, and its user wants to hear of a bad configuration. */
  private Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>(console.variables());
    variables.put(Settings.OVERFLOW.name(), "block:1h");
    variables.put(Settings.ON_BAD_CONFIG.name(), "fail");
    return variables;
  }

  private InputStream open() throws IOException {
    return file.equals("-") ? console.in() : Files.newInputStream(Path.of(file));
  }

  private void logAll(Lines lines, LlmLogger llm) throws IOException {
    for (byte[] line = lines.next(); line != null; line = lines.next()) {
      if (isBlank(line)) {
        continue;
      }
      LlmEvent event;
      try {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        event = EventDecoder.decode(line, UuidV7.next(), now);
      } catch (MalformedMessageException e) {
        badLines++;
        console.say("line " + lines.number() + " is no event: " + e.getMessage());
        continue;
      }
      if (llm.log(event) && ack) {
        console.print(event.eventId().toString());
      }
    }
  }

  private void end(LlmLogger llm) {
    if (!llm.flush(drain)) {
      // The patience of close() would come on top of the user's; an interrupted caller gets none.
      Thread.currentThread().interrupt();
    }
    llm.close();
    Thread.interrupted();
  }

  private String ledger(LedgerSnapshot counts) {
    return new JsonLine()
        .put("offered", counts.offered() + badLines)
        .put("accepted", counts.accepted())
        .put("adopted", counts.adopted())
        .put("queued", counts.queued())
        .put("fallback", counts.fallback())
        .put("dropped", counts.dropped())
        .put("refused", counts.refused() + badLines)
        .put("spooled", counts.spooled())
        .put("pending", counts.pending())
        .put("dropped_by", counts.droppedBy())
        .put("refused_by", refusedBy(counts))
        .toString();
  }

  private Map<String, Long> refusedBy(LedgerSnapshot counts) {
    Map<String, Long> refusedBy = new TreeMap<>(counts.refusedBy());
    if (badLines > 0) {
      refusedBy.put(BAD_LINE, badLines);
    }
    return refusedBy;
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    return e instanceof AccessDeniedException ? "access denied" : String.valueOf(e.getMessage());
  }
}
