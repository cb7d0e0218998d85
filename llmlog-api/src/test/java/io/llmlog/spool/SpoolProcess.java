package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * A service that dies: appends until it is killed, and says each id once its event is accepted. A
 * consumer beside it says what it is about to remove, and what it has removed.
 */
final class SpoolProcess {
  private SpoolProcess() {}

  /**
   * Arguments: directory, prefix of the ids, {@code always} or {@code interval}, consume or not.
   */
  public static void main(String[] arguments) throws Exception {
    SyncPolicy sync =
        arguments[2].equals("always")
            ? SyncPolicy.always()
            : SyncPolicy.every(Duration.ofMillis(5));
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    // Far above what is left behind by all the processes before that did not consume.
    Spool spool = Spool.open(Path.of(arguments[0]), new SpoolOptions(4L << 30, sync));
    out.println("ready");
    if (Boolean.parseBoolean(arguments[3])) {
      Thread consumer = new Thread(() -> consume(spool, out));
      consumer.setDaemon(true);
      consumer.start();
    }
    Random random = new Random(arguments[1].hashCode());
    for (int i = 0; ; i++) {
      String id = arguments[1] + "-" + i;
      String event = id + " " + "x".repeat(random.nextInt(2000));
      AppendResult result = spool.append(event.getBytes(UTF_8), Spools.LONG, Spools.LONG);
      if (result != AppendResult.ACCEPTED) {
        throw new IllegalStateException(id + ": " + result + ", " + spool.counts());
      }
      out.println("accepted " + id);
    }
  }

  private static void consume(Spool spool, PrintStream out) {
    try {
      while (spool.await(1, Long.MAX_VALUE)) {
        List<byte[]> batch = spool.peek(20, Spools.MIB);
        StringBuilder ids = new StringBuilder();
        batch.forEach(each -> ids.append(' ').append(idOf(each)));
        out.println("removing" + ids);
        spool.remove(batch.size());
        out.println("removed" + ids);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static String idOf(byte[] event) {
    String text = new String(event, UTF_8);
    return text.substring(0, text.indexOf(' '));
  }
}
