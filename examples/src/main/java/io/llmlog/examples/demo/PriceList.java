package io.llmlog.examples.demo;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A few list prices in US dollars per million tokens, as of July 2025: to illustrate, not to bill.
 *
 * <p>A model without a price has an unknown cost, which is null and never 0.
 */
final class PriceList {
  /** Stored beside each cost, so that it can be told later what it was made from. */
  static final String VERSION = "demo-2025-07";

  private record Price(BigDecimal input, BigDecimal output) {
    Price(String input, String output) {
      this(new BigDecimal(input), new BigDecimal(output));
    }
  }

  private static final Map<String, Price> PER_MILLION =
      Map.of(
          "gpt-4o", new Price("2.50", "10.00"),
          "gpt-4o-mini", new Price("0.15", "0.60"),
          "claude-sonnet-4", new Price("3.00", "15.00"),
          "gemini-2.5-flash", new Price("0.30", "2.50"));

  private PriceList() {}

  /** The exact cost in US dollars, or null where the price is unknown. */
  static @Nullable BigDecimal cost(String model, long tokensInput, long tokensOutput) {
    Price price = PER_MILLION.get(model);
    if (price == null) {
      return null;
    }
    return price
        .input()
        .multiply(BigDecimal.valueOf(tokensInput))
        .add(price.output().multiply(BigDecimal.valueOf(tokensOutput)))
        .movePointLeft(6);
  }
}
