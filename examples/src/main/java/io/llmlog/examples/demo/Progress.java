package io.llmlog.examples.demo;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows on stderr how many rows there are: a moving bar in a terminal, else a line every few
 * seconds, since a log file keeps each line.
 */
final class Progress implements AutoCloseable {
  private static final int COLUMNS = 80;
  private static final int BAR_MILLIS = 200;
  private static final int LINE_MILLIS = 2000;

  private final ProgressBar bar;

  private Progress(ProgressBar bar) {
    this.bar = bar;
  }

  static Progress of(String task, long total) {
    boolean terminal = stderrIsTerminal();
    // The bar has its own stream: the bytes of System.err may be in another charset.
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    ProgressBarConsumer consumer =
        terminal
            ? new ConsoleProgressBarConsumer(err, COLUMNS)
            : new DelegatingProgressBarConsumer(line -> err.println(line.strip()), COLUMNS);
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(terminal ? BAR_MILLIS : LINE_MILLIS)
            .setConsumer(consumer)
            .build());
  }

  /** Asks Linux, since Java knows of stdin and stdout alone; other systems get lines. */
  private static boolean stderrIsTerminal() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).startsWith("/dev/pts");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  void at(long done) {
    bar.stepTo(done);
  }

  @Override
  public void close() {
    bar.close();
  }
}
