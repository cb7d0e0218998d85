package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.StoreProvider;
import java.util.Set;

/** PostgreSQL as a store; {@code postgresql+driver} counts as {@code postgresql}. */
public final class PostgresProvider implements StoreProvider {
  @Override
  public Set<String> schemes() {
    return Set.of("postgresql", "postgres", "jdbc:postgresql");
  }

  @Override
  public EventWriter writer(StoreSettings settings) {
    return PostgresWriter.create(settings);
  }
}
