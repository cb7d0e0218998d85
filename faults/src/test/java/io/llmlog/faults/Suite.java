package io.llmlog.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestWatcher;

/** Opens the report with the first case and closes it after the last; writes failures into it. */
final class Suite implements BeforeAllCallback, TestWatcher {
  private static volatile String output = "";
  private static volatile @Nullable Store store;

  @Override
  public void beforeAll(ExtensionContext context) {
    Output.install();
    ExtensionContext.Store all = context.getRoot().getStore(Namespace.create(Suite.class));
    all.getOrComputeIfAbsent(Report.class, type -> new Report(), Report.class);
    store = all.getOrComputeIfAbsent(Store.class, type -> Store.start(), Store.class);
  }

  /** The database server of all cases. */
  static Store store() {
    return Objects.requireNonNull(store, "the suite has not begun");
  }

  /** What the case said, in case that it fails. */
  static void keep(String said) {
    output = said;
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    String test = context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName();
    Report.failed(test, cause);
    Path file = Path.of("target", "faults", test.replaceAll("[^A-Za-z0-9._-]", "") + ".log");
    try {
      Files.writeString(file, output);
    } catch (IOException e) {
      System.out.println(file + ": " + e);
    }
  }
}
