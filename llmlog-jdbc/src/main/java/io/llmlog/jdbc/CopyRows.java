package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows in the binary format of {@code COPY}, for the stage: a number, then the columns of {@link
 * Column} that stand in the table, in their order, and where contents are stored request and
 * response.
 *
 * <p>The format: PostgreSQL's manual, COPY, "Binary Format"; the types as their {@code _recv}
 * functions read them. All is written to memory before any is sent, so that nothing can fail
 * halfway. Not safe for use by several threads at once.
 */
final class CopyRows {
  private static final Column[] COLUMNS =
      Arrays.stream(Column.values()).filter(Column::inRow).toArray(Column[]::new);
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0
  };
  private static final int FLAGS_AND_EXTENSION = 8;

  /** 2000-01-01T00:00:00Z, from which PostgreSQL counts. */
  private static final long POSTGRES_EPOCH_SECONDS = 946_684_800L;

  private static final int DIGITS_PER_GROUP = 4;
  private static final int GROUP_BASE = 10_000;
  private static final BigInteger BIG_GROUP_BASE = BigInteger.valueOf(GROUP_BASE);
  private static final int NEGATIVE = 0x4000;

  private final boolean contents;
  private byte[] buffer;
  private int size;

  /**
   * @param contents whether the stage has columns for request and response
   * @param expectedBytes of all rows, roughly
   */
  CopyRows(boolean contents, int expectedBytes) {
    this.contents = contents;
    buffer = new byte[Math.max(1024, expectedBytes)];
    write(SIGNATURE);
    reserve(FLAGS_AND_EXTENSION);
    size += FLAGS_AND_EXTENSION;
  }

  /** The rows of a batch, numbered in its order, for a stage with or without contents. */
  static CopyRows of(SortedBatch batch, boolean contents) {
    CopyRows rows = new CopyRows(contents, batch.bytes() + 256 * batch.rows().size());
    for (int number = 0; number < batch.rows().size(); number++) {
      rows.add(number, batch.rows().get(number));
    }
    rows.end();
    return rows;
  }

  /** Adds a row. */
  void add(int number, SortedBatch.Row row) {
    writeShort(1 + COLUMNS.length + (contents ? 2 : 0));
    writeInt(Integer.BYTES);
    writeInt(number);
    for (Column column : COLUMNS) {
      writeColumn(column, row.event());
    }
    if (contents) {
      Content content = row.content();
      writeBytes(content == null ? null : content.request());
      writeBytes(content == null ? null : content.response());
    }
  }

  /** Ends the rows. */
  void end() {
    writeShort(-1);
  }

  byte[] buffer() {
    return buffer;
  }

  int size() {
    return size;
  }

  private void writeColumn(Column column, LlmEvent event) {
    switch (column.type()) {
      case TEXT -> writeText(column == Column.ACTION ? event.action() : event.text(column));
      case INTEGER -> {
        if (event.has(column)) {
          writeInt(Long.BYTES);
          writeLong(event.integer(column));
        } else {
          writeNull();
        }
      }
      case BOOLEAN -> {
        writeInt(1);
        writeByte(event.streaming() ? 1 : 0);
      }
      case JSON -> writeBytes(EventEncoder.metadataJson(event));
      case TIME -> writeTime(event.createdAt());
      case UUID -> writeUuid(event.eventId());
      case DECIMAL -> writeDecimal(event.costUsd());
    }
  }

  private void writeTime(Instant time) {
    writeInt(Long.BYTES);
    writeLong(
        Math.addExact(
            Math.multiplyExact(time.getEpochSecond() - POSTGRES_EPOCH_SECONDS, 1_000_000L),
            time.getNano() / 1000));
  }

  private void writeUuid(UUID id) {
    writeInt(2 * Long.BYTES);
    writeLong(id.getMostSignificantBits());
    writeLong(id.getLeastSignificantBits());
  }

  private void writeText(@Nullable String text) {
    writeBytes(text == null ? null : text.getBytes(StandardCharsets.UTF_8));
  }

  private void writeBytes(byte @Nullable [] bytes) {
    if (bytes == null) {
      writeNull();
    } else {
      writeInt(bytes.length);
      write(bytes);
    }
  }

  /**
   * A {@code numeric}: groups of four decimal digits, of which {@code weight + 1} stand before the
   * point; sign; the number of decimals to show.
   */
  private void writeDecimal(@Nullable BigDecimal value) {
    if (value == null) {
      writeNull();
      return;
    }
    BigDecimal plain = value.scale() < 0 ? value.setScale(0) : value;
    int decimalGroups = (plain.scale() + DIGITS_PER_GROUP - 1) / DIGITS_PER_GROUP;
    BigInteger rest = plain.setScale(decimalGroups * DIGITS_PER_GROUP).unscaledValue().abs();
    short[] groups = new short[rest.bitLength() / 13 + 1];
    int first = groups.length;
    while (rest.bitLength() >= Long.SIZE) {
      BigInteger[] parts = rest.divideAndRemainder(BIG_GROUP_BASE);
      groups[--first] = parts[1].shortValue();
      rest = parts[0];
    }
    for (long small = rest.longValue(); small != 0; small /= GROUP_BASE) {
      groups[--first] = (short) (small % GROUP_BASE);
    }
    int weight = groups.length - first - decimalGroups - 1;
    int end = groups.length;
    while (end > first && groups[end - 1] == 0) {
      end--;
    }
    int count = end - first;
    writeInt(4 * Short.BYTES + count * Short.BYTES);
    writeShort(count);
    writeShort(count == 0 ? 0 : weight);
    writeShort(plain.signum() < 0 ? NEGATIVE : 0);
    writeShort(plain.scale());
    for (int i = first; i < end; i++) {
      writeShort(groups[i]);
    }
  }

  private void writeNull() {
    writeInt(-1);
  }

  private void writeByte(int value) {
    reserve(1);
    buffer[size++] = (byte) value;
  }

  private void writeShort(int value) {
    reserve(Short.BYTES);
    buffer[size++] = (byte) (value >> 8);
    buffer[size++] = (byte) value;
  }

  private void writeInt(int value) {
    reserve(Integer.BYTES);
    buffer[size++] = (byte) (value >> 24);
    buffer[size++] = (byte) (value >> 16);
    buffer[size++] = (byte) (value >> 8);
    buffer[size++] = (byte) value;
  }

  private void writeLong(long value) {
    writeInt((int) (value >> 32));
    writeInt((int) value);
  }

  private void write(byte[] bytes) {
    reserve(bytes.length);
    System.arraycopy(bytes, 0, buffer, size, bytes.length);
    size += bytes.length;
  }

  private void reserve(int more) {
    if (buffer.length - size < more) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(size, more), buffer.length * 2));
    }
  }
}
