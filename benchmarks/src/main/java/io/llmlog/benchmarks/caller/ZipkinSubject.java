package io.llmlog.benchmarks.caller;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import zipkin2.Span;
import zipkin2.reporter.AsyncReporter;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.Encoding;

/**
 * zipkin-reporter's {@code AsyncReporter} as it comes, before a sender that counts. The columns are
 * tags, all of them text; its own thread encodes, and it drops in silence what its queue of 10,000
 * spans has no room for.
 */
final class ZipkinSubject implements Subject {
  private final Tally arrived;
  private final AsyncReporter<Span> reporter;

  ZipkinSubject(FarEnd farEnd) {
    this.arrived = farEnd.arrived();
    this.reporter = AsyncReporter.builder(new Counting(arrived)).build();
  }

  @Override
  public boolean makeAndLog() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    reporter.report(
        Span.newBuilder()
            .traceId(random.nextLong(), random.nextLong(1, Long.MAX_VALUE))
            .id(random.nextLong(1, Long.MAX_VALUE))
            .name(SampleCall.ACTION)
            .timestamp(System.currentTimeMillis() * 1_000)
            .duration(SampleCall.LATENCY_MS * 1_000)
            .putTag("user_id", Long.toString(SampleCall.USER_ID))
            .putTag("company_id", Long.toString(SampleCall.COMPANY_ID))
            .putTag("interview_id", Long.toString(SampleCall.INTERVIEW_ID))
            .putTag("provider", SampleCall.PROVIDER)
            .putTag("model", SampleCall.MODEL)
            .putTag("tokens_input", Long.toString(SampleCall.TOKENS_INPUT))
            .putTag("tokens_output", Long.toString(SampleCall.TOKENS_OUTPUT))
            .putTag("cost_usd", SampleCall.COST.toString())
            .putTag("ttft_ms", Long.toString(SampleCall.TTFT_MS))
            .putTag("streaming", "true")
            .putTag("finish_reason", SampleCall.FINISH_REASON)
            .putTag("deployment_environment", SampleCall.ENVIRONMENT)
            .putTag("service", SampleCall.SERVICE)
            .build());
    return true;
  }

  @Override
  public long finish() {
    // Each flush brings one batch away, and what is there at the end is dropped.
    long before;
    do {
      before = arrived.count();
      reporter.flush();
    } while (arrived.count() != before);
    // A batch may be on its way on the reporter's own thread, which this waits for.
    reporter.close();
    return arrived.count();
  }

  @Override
  public void close() {
    reporter.close();
  }

  private static final class Counting extends BytesMessageSender.Base {
    /** What its senders for HTTP and Kafka take. */
    private static final int MESSAGE_BYTES = 500_000;

    private final Tally arrived;

    Counting(Tally arrived) {
      super(Encoding.JSON);
      this.arrived = arrived;
    }

    @Override
    public int messageMaxBytes() {
      return MESSAGE_BYTES;
    }

    @Override
    public void send(List<byte[]> spans) {
      arrived.add(spans.size());
    }

    @Override
    public void close() {}
  }
}
