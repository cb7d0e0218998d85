package io.llmlog.benchmarks.flow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says of this process's memory. */
final class ProcessMemory {
  /** Where the kernel does not say. */
  static final long UNKNOWN = -1;

  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /** What it has now, in bytes, or {@link #UNKNOWN}. */
  static long resident() {
    return line("VmRSS:");
  }

  /** The most that it ever had, in bytes, or {@link #UNKNOWN}. */
  static long mostResident() {
    return line("VmHWM:");
  }

  private static long line(String key) {
    if (!Files.isReadable(STATUS)) {
      return UNKNOWN;
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      return UNKNOWN;
    } catch (IOException e) {
      return UNKNOWN;
    }
  }
}
