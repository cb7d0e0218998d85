package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;

/** What is logged while it is open. */
final class CapturedLog implements AutoCloseable {
  private final PrintStream before = System.err;
  private final ByteArrayOutputStream captured = new ByteArrayOutputStream();

  CapturedLog() {
    System.setErr(new PrintStream(captured, true, UTF_8));
  }

  /** The lines that hold a text. */
  long count(String text) {
    return captured.toString(UTF_8).lines().filter(line -> line.contains(text)).count();
  }

  @Override
  public void close() {
    System.setErr(before);
    before.print(captured.toString(UTF_8));
  }
}
