package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecentTextsTest {
  private final EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, false, 64 << 10);

  @Test
  void textsThatComeAgain_areWrittenAsTheFirstTime_amongAnyOthers() {
    String[] texts = {
      "gpt-4o", "gpt-4x", "quote\"d", "日本語", "lone \ud800", "nul\0", "x".repeat(200), "", "a"
    };
    List<String> first = new ArrayList<>();
    for (String text : texts) {
      first.add(message(text, new EventEncoder(EventEncoder.Stamp.NONE, false, 64 << 10)));
    }
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 10_000; i++) {
      int which = random.nextInt(texts.length);
      assertEquals(first.get(which), message(new String(texts[which].toCharArray()), encoder));
    }
  }

  @Test
  void aTextInTwoColumns_keepsTheKeyOfEach() {
    for (int i = 0; i < 3; i++) {
      String message = message("same", encoder);
      assertTrue(message.contains("\"model\":\"same\""), message);
      assertTrue(message.contains("\"provider\":\"same\""), message);
    }
  }

  private static String message(String text, EventEncoder encoder) {
    LlmEvent event =
        LlmEvent.builder("asked").model(text).provider(text).finishReason(text).build();
    String message = new String(encoder.encode(event), UTF_8);
    return message.substring(message.indexOf("\"action\""), message.indexOf("\"event_id\""))
        + message.substring(message.indexOf("\"provider\""));
  }
}
