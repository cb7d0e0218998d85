package io.llmlog.worker.dashboard;

import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.math.BigInteger;
import java.util.List;

/** Questions of usage as the pages ask them: of one range, and of the calls that are filtered. */
final class Question {
  /** The figures of no call. */
  static final Usage NOTHING =
      new Usage(
          List.of(),
          0,
          0,
          BigInteger.ZERO,
          BigInteger.ZERO,
          BigInteger.ZERO,
          BigInteger.ZERO,
          BigInteger.ZERO,
          null,
          0,
          null);

  private Question() {}

  static UsageQuery of(List<Filter> filters, Span span, Dimension... by) {
    return new UsageQuery(List.of(by), filters, span.from(), span.to(), Integer.MAX_VALUE, false);
  }
}
