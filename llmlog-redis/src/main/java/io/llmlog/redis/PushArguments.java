package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * A key and the values that are pushed to it. The client's own arguments make an object for each
 * value and let the buffer of the command grow as they are written, which copies what is in it.
 */
final class PushArguments extends CommandArgs<byte[], byte[]> {
  private static final byte[] LINE_END = {'\r', '\n'};

  /** The most that stands around a value: a dollar sign, a length, and two ends of line. */
  private static final int AROUND_BYTES = 1 + 10 + 2 + 2;

  private final List<byte[]> values;

  /**
   * @param values not changed until the command has its answer
   */
  PushArguments(byte[] key, List<byte[]> values) {
    super(ByteArrayCodec.INSTANCE);
    addKey(key);
    this.values = values;
  }

  @Override
  public int count() {
    return super.count() + values.size();
  }

  @Override
  public void encode(ByteBuf buffer) {
    super.encode(buffer);
    long bytes = 0;
    for (byte[] value : values) {
      bytes += value.length + AROUND_BYTES;
    }
    buffer.ensureWritable(Math.toIntExact(bytes));
    for (byte[] value : values) {
      buffer.writeByte('$');
      buffer.writeCharSequence(Integer.toString(value.length), US_ASCII);
      buffer.writeBytes(LINE_END);
      buffer.writeBytes(value);
      buffer.writeBytes(LINE_END);
    }
  }
}
