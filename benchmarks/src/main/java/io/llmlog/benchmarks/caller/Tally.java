package io.llmlog.benchmarks.caller;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A count in a mapped file: what a process has counted is there after it was killed. Safe for use
 * by several threads and processes.
 */
final class Tally {
  private static final VarHandle COUNT =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final MappedByteBuffer memory;

  private Tally(MappedByteBuffer memory) {
    this.memory = memory;
  }

  /** The count of that name in a directory; 0 where there is none yet. */
  static Tally in(Path directory, String name) {
    try (FileChannel file =
        FileChannel.open(
            directory.resolve(name),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      return new Tally(file.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void add(long more) {
    COUNT.getAndAdd(memory, 0, more);
  }

  long count() {
    return (long) COUNT.getVolatile(memory, 0);
  }
}
