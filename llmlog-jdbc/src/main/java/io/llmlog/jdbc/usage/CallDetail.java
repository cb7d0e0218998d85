package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All of one call. Immutable.
 *
 * @param columns of {@code llm_log_calls} by name, in their order, without {@code metadata}: a
 *     {@code String}, {@code Long}, {@code Boolean}, {@code BigDecimal} or {@code Instant}, or null
 * @param metadata JSON, or null
 * @param contents prompt and answer, or null
 * @param contentsNote why there are none, for a person; null where there are
 * @param origin where it was read
 */
public record CallDetail(
    Map<String, @Nullable Object> columns,
    @Nullable String metadata,
    @Nullable Contents contents,
    @Nullable String contentsNote,
    Origin origin) {
  public CallDetail {
    columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
  }

  /** Each JSON, or null. */
  public record Contents(@Nullable String request, @Nullable String response) {}
}
