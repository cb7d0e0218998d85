package io.llmlog.benchmarks.caller;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

/**
 * OpenTelemetry's {@code BatchLogRecordProcessor} before an exporter that counts. The columns are
 * attributes whose keys are made once, as its documentation recommends. It encodes nothing, and
 * drops in silence what its queue has no room for.
 */
final class OtelSubject implements Subject {
  /** What it is without a setting. */
  static final int DEFAULT_QUEUE = 2_048;

  /** The calls of three seconds at the pace of four threads: more than a pause of the exporter. */
  static final int LARGE_QUEUE = 1 << 18;

  private static final AttributeKey<Long> USER_ID = AttributeKey.longKey("user_id");
  private static final AttributeKey<Long> COMPANY_ID = AttributeKey.longKey("company_id");
  private static final AttributeKey<Long> INTERVIEW_ID = AttributeKey.longKey("interview_id");
  private static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("provider");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("model");
  private static final AttributeKey<Long> TOKENS_INPUT = AttributeKey.longKey("tokens_input");
  private static final AttributeKey<Long> TOKENS_OUTPUT = AttributeKey.longKey("tokens_output");
  private static final AttributeKey<Double> COST = AttributeKey.doubleKey("cost_usd");
  private static final AttributeKey<Long> LATENCY = AttributeKey.longKey("latency_ms");
  private static final AttributeKey<Long> TTFT = AttributeKey.longKey("ttft_ms");
  private static final AttributeKey<Boolean> STREAMING = AttributeKey.booleanKey("streaming");
  private static final AttributeKey<String> FINISH = AttributeKey.stringKey("finish_reason");
  private static final AttributeKey<String> ENVIRONMENT =
      AttributeKey.stringKey("deployment_environment");
  private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service");

  /** It has no decimal numbers. */
  private static final double COST_USD = SampleCall.COST.doubleValue();

  private final SdkLoggerProvider provider;
  private final Logger logger;
  private final Tally arrived;

  OtelSubject(FarEnd farEnd, int queue) {
    this.arrived = farEnd.arrived();
    this.provider =
        SdkLoggerProvider.builder()
            .addLogRecordProcessor(
                BatchLogRecordProcessor.builder(new Counting(arrived))
                    .setMaxQueueSize(queue)
                    .build())
            .build();
    this.logger = provider.get("io.llmlog.benchmarks");
  }

  @Override
  public boolean makeAndLog() {
    logger
        .logRecordBuilder()
        .setEventName(SampleCall.ACTION)
        .setAttribute(USER_ID, SampleCall.USER_ID)
        .setAttribute(COMPANY_ID, SampleCall.COMPANY_ID)
        .setAttribute(INTERVIEW_ID, SampleCall.INTERVIEW_ID)
        .setAttribute(PROVIDER, SampleCall.PROVIDER)
        .setAttribute(MODEL, SampleCall.MODEL)
        .setAttribute(TOKENS_INPUT, SampleCall.TOKENS_INPUT)
        .setAttribute(TOKENS_OUTPUT, SampleCall.TOKENS_OUTPUT)
        .setAttribute(COST, COST_USD)
        .setAttribute(LATENCY, SampleCall.LATENCY_MS)
        .setAttribute(TTFT, SampleCall.TTFT_MS)
        .setAttribute(STREAMING, true)
        .setAttribute(FINISH, SampleCall.FINISH_REASON)
        .setAttribute(ENVIRONMENT, SampleCall.ENVIRONMENT)
        .setAttribute(SERVICE, SampleCall.SERVICE)
        .emit();
    return true;
  }

  @Override
  public long finish() {
    provider.forceFlush().join(30, TimeUnit.SECONDS);
    return arrived.count();
  }

  @Override
  public void close() {
    provider.close();
  }

  private record Counting(Tally arrived) implements LogRecordExporter {
    @Override
    public CompletableResultCode export(Collection<LogRecordData> logs) {
      arrived.add(logs.size());
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
