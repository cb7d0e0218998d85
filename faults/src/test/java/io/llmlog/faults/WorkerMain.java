package io.llmlog.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

/** A worker that may be killed. Says {@code ready}, hears {@code go} and {@code close}. */
final class WorkerMain {
  private WorkerMain() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    Worker worker = Worker.fromEnvironment(System.getenv());
    out.println("ready.");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("go")) {
        worker.start();
        out.println("started.");
      } else if (line.equals("close")) {
        worker.close();
        WorkerStatus status = worker.status();
        out.println("closed " + status.balances() + " fenced " + status.fenced() + ".");
        return;
      }
    }
    // Whoever started it is gone.
    Runtime.getRuntime().halt(1);
  }
}
