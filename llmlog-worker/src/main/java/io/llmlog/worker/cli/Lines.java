package io.llmlog.worker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a stream as bytes, ended by LF or CRLF. Memory is bounded: of a line that is too
 * long only the beginning is kept, one byte more than is allowed, so that it is recognised.
 */
final class Lines {
  private static final int CHUNK = 1 << 16;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream in;
  private final int maxBytes;
  private final byte[] chunk = new byte[CHUNK];
  private int from;
  private int to;
  private byte[] line = new byte[1024];
  private int length;
  private long number;

  Lines(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /** The next line without its end, or null after the last. */
  byte @Nullable [] next() throws IOException {
    length = 0;
    boolean any = false;
    while (true) {
      if (from == to) {
        int read = in.read(chunk);
        if (read < 0) {
          return any ? finished() : null;
        }
        from = 0;
        to = read;
        continue;
      }
      any = true;
      int end = from;
      while (end < to && chunk[end] != '\n') {
        end++;
      }
      append(end);
      if (end < to) {
        from = end + 1;
        return finished();
      }
      from = end;
    }
  }

  /** The number of the line that was read last, from 1. */
  long number() {
    return number;
  }

  private void append(int end) {
    // One byte more than allowed shows that the line is too long, another may be its CR.
    int count = Math.min(end - from, maxBytes + 2 - length);
    if (length + count > line.length) {
      line = Arrays.copyOf(line, Math.max(length + count, 2 * line.length));
    }
    System.arraycopy(chunk, from, line, length, count);
    length += count;
  }

  private byte[] finished() {
    number++;
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    int start = number == 1 && startsWithMark(end) ? BYTE_ORDER_MARK.length : 0;
    return Arrays.copyOfRange(line, start, end);
  }

  private boolean startsWithMark(int end) {
    return end >= BYTE_ORDER_MARK.length
        && Arrays.equals(line, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, 3);
  }
}
