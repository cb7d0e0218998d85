package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
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

  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  /** What a row takes at most without its texts, JSON and cost: the widest other value is an id. */
  private static final int FIXED_BYTES =
      Short.BYTES + (COLUMNS.length + 3) * (Integer.BYTES + 2 * Long.BYTES);

  /** In one message of the protocol. */
  private static final int CHUNK = 64 * 1024;

  /** 2000-01-01T00:00:00Z, from which PostgreSQL counts. */
  private static final long POSTGRES_EPOCH_MICROS = 946_684_800_000_000L;

  private static final int DIGITS_PER_GROUP = 4;
  private static final int GROUP_BASE = 10_000;
  private static final BigInteger BIG_GROUP_BASE = BigInteger.valueOf(GROUP_BASE);
  private static final int NEGATIVE = 0x4000;

  /** What fills a group up; the largest has ten bits. */
  private static final long[] POWERS_OF_TEN = {1, 10, 100, 1000};

  private static final int BITS_OF_PADDING = 10;

  /** So many digits are a long, also when their last group is filled up. */
  private static final int MAX_SHORT_PRECISION = 15;

  /** Of the usual batches all, which are a thousand rows or fewer. */
  private static final int MAX_KEPT_BUFFER_BYTES = 4 << 20;

  /**
   * The buffer of each thread, gone while it is in use. Memory that is new for each batch costs
   * more than writing the rows into it. Bare bytes, so that a thread of a pool holds no class of an
   * application that is undeployed.
   */
  private static final ThreadLocal<byte @Nullable []> BUFFERS = new ThreadLocal<>();

  private final Form form;
  private byte[] buffer;
  private int size;

  private CopyRows(Form form, int expectedBytes) {
    this.form = form;
    int needed = Math.addExact(FIXED_BYTES, expectedBytes);
    byte[] kept = BUFFERS.get();
    if (kept != null && kept.length >= needed) {
      buffer = kept;
      BUFFERS.set(null);
    } else {
      buffer = new byte[needed];
    }
    write(SIGNATURE);
    size += FLAGS_AND_EXTENSION;
  }

  /** The rows of a batch, in its order, by which the stage numbers them. */
  static CopyRows of(SortedBatch batch, Form form) {
    CopyRows rows = new CopyRows(form, batch.bytes() + 256 * batch.rows().size());
    for (int number = 0; number < batch.rows().size(); number++) {
      rows.add(number, batch.rows().get(number));
    }
    rows.reserve(0);
    rows.putShort(-1);
    return rows;
  }

  private void add(int number, SortedBatch.Row row) {
    int more =
        switch (form) {
          case TABLE -> 0;
          case STAGE -> 1;
          case STAGE_WITH_CONTENTS -> 3;
        };
    reserve(0);
    putShort(COLUMNS.length + more);
    if (form != Form.TABLE) {
      putInt(Integer.BYTES);
      putInt(number);
    }
    for (Column column : COLUMNS) {
      writeColumn(column, row);
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

  /** Leaves the memory to the next rows that this thread makes; these cannot be sent any more. */
  void release() {
    if (buffer.length > 0 && buffer.length <= MAX_KEPT_BUFFER_BYTES) {
      BUFFERS.set(buffer);
    }
    buffer = new byte[0];
    size = 0;
  }

  private void writeColumn(Column column, SortedBatch.Row row) {
    LlmEvent event = row.event();
    switch (column.type()) {
      case TEXT -> writeText(column == Column.ACTION ? event.action() : event.text(column));
      case INTEGER -> {
        if (event.has(column)) {
          putInt(Long.BYTES);
          putLong(event.integer(column));
        } else {
          putNull();
        }
      }
      case BOOLEAN -> {
        putInt(1);
        putByte(event.streaming() ? 1 : 0);
      }
      case JSON -> writeJson(EventEncoder.metadataJson(event));
      case TIME -> {
        putInt(Long.BYTES);
        putLong(row.micros() - POSTGRES_EPOCH_MICROS);
      }
      case UUID -> {
        UUID id = event.eventId();
        putInt(2 * Long.BYTES);
        putLong(id.getMostSignificantBits());
        putLong(id.getLeastSignificantBits());
      }
      case DECIMAL -> writeDecimal(event.costUsd());
    }
  }

  private void writeText(@Nullable String text) {
    if (text == null) {
      putNull();
      return;
    }
    int length = text.length();
    reserve(Integer.BYTES + length);
    byte[] to = buffer;
    int start = size + Integer.BYTES;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        writeBytes(text.getBytes(StandardCharsets.UTF_8));
        return;
      }
      to[start + i] = (byte) c;
    }
    putInt(length);
    size += length;
  }

  private void writeJson(byte @Nullable [] json) {
    if (json == null || form != Form.TABLE) {
      writeBytes(json);
    } else {
      putInt(1 + json.length);
      putByte(JSONB_VERSION);
      write(json);
    }
  }

  private void writeBytes(byte @Nullable [] bytes) {
    if (bytes == null) {
      putNull();
    } else {
      putInt(bytes.length);
      write(bytes);
    }
  }

  /**
   * A {@code numeric}: groups of four decimal digits, of which {@code weight + 1} stand before the
   * point; sign; the number of decimals to show.
   */
  private void writeDecimal(@Nullable BigDecimal value) {
    if (value == null) {
      putNull();
      return;
    }
    BigDecimal plain = value.scale() < 0 ? value.setScale(0) : value;
    int decimalGroups = (plain.scale() + DIGITS_PER_GROUP - 1) / DIGITS_PER_GROUP;
    long pad = POWERS_OF_TEN[decimalGroups * DIGITS_PER_GROUP - plain.scale()];
    if (plain.precision() <= MAX_SHORT_PRECISION) {
      writeShortDecimal(plain, Math.abs(plain.unscaledValue().longValue()) * pad, decimalGroups);
      return;
    }
    BigInteger rest = plain.unscaledValue().abs();
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
    reserve(numericBytes(count));
    putNumeric(plain, count, weight);
    for (int i = first; i < end; i++) {
      putShort(groups[i]);
    }
  }

  /**
   * As costs are: straight into the buffer.
   *
   * @param digits its digits, filled up to whole groups
   */
  private void writeShortDecimal(BigDecimal value, long digits, int decimalGroups) {
    int groups = 0;
    for (long rest = digits; rest != 0; rest /= GROUP_BASE) {
      groups++;
    }
    int count = groups;
    long rest = digits;
    while (rest != 0 && rest % GROUP_BASE == 0) {
      rest /= GROUP_BASE;
      count--;
    }
    reserve(numericBytes(count));
    putNumeric(value, count, groups - decimalGroups - 1);
    for (int i = count - 1; i >= 0; i--) {
      SHORT.set(buffer, size + i * Short.BYTES, (short) (rest % GROUP_BASE));
      rest /= GROUP_BASE;
    }
    size += count * Short.BYTES;
  }

  private static int numericBytes(int groups) {
    return Integer.BYTES + (4 + groups) * Short.BYTES;
  }

  /** What stands before the groups. */
  private void putNumeric(BigDecimal value, int groups, int weight) {
    putInt(numericBytes(groups) - Integer.BYTES);
    putShort(groups);
    putShort(groups == 0 ? 0 : weight);
    putShort(value.signum() < 0 ? NEGATIVE : 0);
    putShort(value.scale());
  }

  private void putNull() {
    putInt(-1);
  }

  private void putByte(int value) {
    buffer[size++] = (byte) value;
  }

  private void putShort(int value) {
    SHORT.set(buffer, size, (short) value);
    size += Short.BYTES;
  }

  private void putInt(int value) {
    INT.set(buffer, size, value);
    size += Integer.BYTES;
  }

  private void putLong(long value) {
    LONG.set(buffer, size, value);
    size += Long.BYTES;
  }

  private void write(byte[] bytes) {
    reserve(bytes.length);
    System.arraycopy(bytes, 0, buffer, size, bytes.length);
    size += bytes.length;
  }

  /**
   * Makes room for so many bytes, and behind them for all values of known width that a row may
   * have: so those are put without asking.
   */
  private void reserve(int more) {
    int needed = Math.addExact(Math.addExact(size, more), FIXED_BYTES);
    if (buffer.length < needed) {
      buffer = Arrays.copyOf(buffer, Math.max(needed, buffer.length * 2));
    }
  }

  private static VarHandle view(Class<?> arrayType) {
    return MethodHandles.byteArrayViewVarHandle(arrayType, ByteOrder.BIG_ENDIAN);
  }
}
