package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JsonOutTest {
  @Test
  void cost_ofAnySize_isThePlainText() {
    SplittableRandom random = new SplittableRandom(6);
    for (int i = 0; i < 100_000; i++) {
      long unscaled = random.nextLong() >> random.nextInt(64);
      BigDecimal cost = BigDecimal.valueOf(unscaled, random.nextInt(-3, 25));
      assertEquals(NumberText.ofCost(cost), written(cost), cost.toString());
    }
  }

  @Test
  void cost_atItsBounds_isThePlainText() {
    for (String text :
        new String[] {
          "0",
          "0.00",
          "-0.5",
          "1",
          "-1",
          "10.0",
          "0.000000000001",
          "-999999.999999999999",
          "999999999999999999",
          "1000000000000000000",
          "0.0000000000001",
          "1E+3",
          "1E-7"
        }) {
      BigDecimal cost = new BigDecimal(text);
      assertEquals(NumberText.ofCost(cost), written(cost), text);
    }
    BigDecimal huge = new BigDecimal(BigInteger.TEN.pow(60), 12);
    assertEquals(NumberText.ofCost(huge), written(huge));
  }

  /** Into a buffer that must grow. */
  private static String written(BigDecimal cost) {
    JsonOut out = new JsonOut(new byte[1], 1_024);
    out.cost(cost);
    return new String(out.toByteArray(), UTF_8);
  }
}
