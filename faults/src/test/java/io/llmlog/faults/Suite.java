package io.llmlog.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Opens the report with the first class and closes it after the last, gives each class its database
 * server, and writes failures into the report.
 */
final class Suite implements BeforeAllCallback, TestWatcher {
  private static final Namespace OURS = Namespace.create(Suite.class);
  private static final Map<Class<?>, Store> STORES = new ConcurrentHashMap<>();

  /** What the last case of a class said. */
  private static final Map<Class<?>, String> OUTPUTS = new ConcurrentHashMap<>();

  @Override
  public void beforeAll(ExtensionContext context) {
    Output.install();
    context
        .getRoot()
        .getStore(OURS)
        .getOrComputeIfAbsent(Report.class, type -> new Report(), Report.class);
    Store store = Store.start();
    // Closed by the framework, after the class.
    context.getStore(OURS).put(Store.class, store);
    STORES.put(context.getRequiredTestClass(), store);
  }

  /** The database server of a class. */
  static Store store(Class<?> tests) {
    return Objects.requireNonNull(STORES.get(tests), "the suite has not begun");
  }

  /** What a case said, in case that it fails. */
  static void keep(Class<?> tests, String said) {
    OUTPUTS.put(tests, said);
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    Class<?> tests = context.getRequiredTestClass();
    String test =
        tests.getSimpleName()
            + "."
            + context.getRequiredTestMethod().getName()
            + " "
            + context.getDisplayName();
    Report.failed(test, cause);
    Path file = Path.of("target", "faults", test.replaceAll("[^A-Za-z0-9._-]", "") + ".log");
    try {
      Files.writeString(file, OUTPUTS.getOrDefault(tests, ""));
    } catch (IOException e) {
      System.out.println(file + ": " + e);
    }
  }
}
