package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final long SALT = 0x8123_4567_89AB_CDEFL;

  @Test
  void checksum_isOfEventSaltAndLength_howeverMuchRoomIsBehindTheEvent() {
    byte[] event = "{\"action\":\"interview.question\"}".getBytes(UTF_8);
    CRC32C expected = new CRC32C();
    expected.update(
        ByteBuffer.allocate(event.length + Long.BYTES + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(event)
            .putLong(SALT)
            .putInt(event.length)
            .flip());

    for (int room = 0; room < 40; room++) {
      byte[] buffer = Arrays.copyOf(event, event.length + room);
      Arrays.fill(buffer, event.length, buffer.length, (byte) 'x');

      int checksum = Frame.checksum(SALT, buffer, event.length);

      assertEquals((int) expected.getValue(), checksum, "room: " + room);
      assertArrayEquals(event, Arrays.copyOf(buffer, event.length), "room: " + room);
    }
  }
}
