package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows in the binary format of {@code COPY}: the columns of {@link Column} that stand in the table,
 * in their order, and what their {@link Form} adds.
 *
 * <p>The format: PostgreSQL's manual, COPY, "Binary Format"; the types as their {@code _recv}
 * functions read them. All is written to memory before any is sent, so that nothing can fail
 * halfway. Not safe for use by several threads at once.
 */
final class CopyRows {
  /** What the rows are for. */
  enum Form {
    /** {@code llm_logs} itself. */
    TABLE,
    /** The stage: a number comes first, and JSON is text. */
    STAGE,
    /** The stage with request and response behind the columns. */
    STAGE_WITH_CONTENTS
  }

  private static final Column[] COLUMNS =
      Arrays.stream(Column.values()).filter(Column::inRow).toArray(Column[]::new);

  /** The columns of a row in the order in which they are written, for a statement. */
  static final String NAMES =
      Arrays.stream(COLUMNS).map(Column::key).collect(Collectors.joining(", "));

  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0
  };
  private static final int FLAGS_AND_EXTENSION = 8;

  /** How {@code jsonb_recv} is told that text follows. */
  private static final int JSONB_VERSION = 1;

  /** In one message of the protocol. */
  private static final int CHUNK = 64 * 1024;

  /** 2000-01-01T00:00:00Z, from which PostgreSQL counts. */
  private static final long POSTGRES_EPOCH_SECONDS = 946_684_800L;

  private static final int DIGITS_PER_GROUP = 4;
  private static final int GROUP_BASE = 10_000;
  private static final BigInteger BIG_GROUP_BASE = BigInteger.valueOf(GROUP_BASE);
  private static final int NEGATIVE = 0x4000;

  /** What fills a group up; the largest has ten bits. */
  private static final long[] POWERS_OF_TEN = {1, 10, 100, 1000};

  private static final int BITS_OF_PADDING = 10;

  private final Form form;
  private byte[] buffer;
  private int size;

  private CopyRows(Form form, int expectedBytes) {
    this.form = form;
    buffer = new byte[Math.max(1024, expectedBytes)];
    write(SIGNATURE);
    reserve(FLAGS_AND_EXTENSION);
    size += FLAGS_AND_EXTENSION;
  }

  /** The rows of a batch, in its order, by which the stage numbers them. */
  static CopyRows of(SortedBatch batch, Form form) {
    CopyRows rows = new CopyRows(form, batch.bytes() + 256 * batch.rows().size());
    for (int number = 0; number < batch.rows().size(); number++) {
      rows.add(number, batch.rows().get(number));
    }
    rows.writeShort(-1);
    return rows;
  }

  private void add(int number, SortedBatch.Row row) {
    int more =
        switch (form) {
          case TABLE -> 0;
          case STAGE -> 1;
          case STAGE_WITH_CONTENTS -> 3;
        };
    writeShort(COLUMNS.length + more);
    if (form != Form.TABLE) {
      writeInt(Integer.BYTES);
      writeInt(number);
    }
    for (Column column : COLUMNS) {
      writeColumn(column, row.event());
    }
    if (form == Form.STAGE_WITH_CONTENTS) {
      Content content = row.content();
      writeBytes(content == null ? null : content.request());
      writeBytes(content == null ? null : content.response());
    }
  }

  /**
   * Sends them.
   *
   * @param copy a {@code COPY … FROM STDIN (FORMAT binary)} with the columns of their form
   * @return how many rows the table took: all, unless a trigger left some out
   */
  int send(Connection connection, String copy) throws SQLException {
    CopyIn in = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(copy);
    try {
      for (int from = 0; from < size; from += CHUNK) {
        in.writeToCopy(buffer, from, Math.min(CHUNK, size - from));
      }
      return Math.toIntExact(in.endCopy());
    } finally {
      if (in.isActive()) {
        in.cancelCopy();
      }
    }
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
      case JSON -> writeJson(EventEncoder.metadataJson(event));
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

  private void writeJson(byte @Nullable [] json) {
    if (json == null || form != Form.TABLE) {
      writeBytes(json);
    } else {
      writeInt(1 + json.length);
      writeByte(JSONB_VERSION);
      write(json);
    }
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
    int padding = decimalGroups * DIGITS_PER_GROUP - plain.scale();
    BigInteger rest = plain.unscaledValue().abs();
    long pad = POWERS_OF_TEN[padding];
    if (rest.bitLength() + BITS_OF_PADDING >= Long.SIZE) {
      rest = rest.multiply(BigInteger.valueOf(pad));
      pad = 1;
    }
    short[] groups = new short[(rest.bitLength() + BITS_OF_PADDING) / 13 + 1];
    int first = groups.length;
    while (rest.bitLength() >= Long.SIZE) {
      BigInteger[] parts = rest.divideAndRemainder(BIG_GROUP_BASE);
      groups[--first] = parts[1].shortValue();
      rest = parts[0];
    }
    for (long small = rest.longValue() * pad; small != 0; small /= GROUP_BASE) {
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
