package io.llmlog.examples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.examples.Programs;
import io.llmlog.worker.Worker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
  private static final String TRACE =
      """
      TIMESTAMP,ContextTokens,GeneratedTokens
      2023-11-16 18:17:03.9799609,4808,10
      2023-12-31 23:59:59.9999999,3180,8
      2024-01-01 00:00:00,110,27
      """;
  private static final long DEADLINE_SECONDS = 90;

  @TempDir Path directory;

  @Test
  void run_storesEachCallOnceAtItsTimeToTheMicrosecond() throws Exception {
    List<Usage> calls = TraceFile.read(trace(TRACE));
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (DemoServers servers = DemoServers.start();
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      Run run = new Run(servers, calls, new CallMix(1), out);
      run.prepare();
      try (Worker worker = Worker.fromEnvironment(run.environment());
          LlmLogger logger = LlmLogger.fromEnvironment(run.environment())) {
        assertTrue(run.complete(logger, worker), printed.toString(StandardCharsets.UTF_8));
        assertTrue(logger.counts().balances());
        assertTrue(worker.status().balances());
      }
      assertEquals(calls, stored(servers));
      assertEquals(0, inDefaultPartition(servers));
    }
  }

  @Test
  void once_endsWithTheJsonLine() throws Exception {
    Programs.Ended demo =
        Programs.java(directory, Map.of(), Demo.class, "--once", "--trace", trace(TRACE).toString())
            .await();

    assertEquals(0, demo.exitCode(), demo.err());
    List<String> lines = demo.out().lines().toList();
    assertEquals(
        "{\"rows\":3,\"tokens_input\":8098,\"tokens_output\":45,\"dropped\":0,\"dead\":0}",
        lines.get(lines.size() - 1));
    assertFalse(demo.err().contains("WARN"), demo.err());
  }

  @Test
  void withoutOnce_servesUntilItIsAskedToEnd_andLeavesNothing() throws Exception {
    Programs.Running demo =
        Programs.java(
            directory,
            Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + directory),
            Demo.class,
            "--calls=200");
    List<ProcessHandle> servers;
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
      while (!Files.readString(demo.err()).contains("LLEN")) {
        assertTrue(System.nanoTime() < deadline, () -> "no hint how to look");
        assertFalse(demo.process().waitFor(50, TimeUnit.MILLISECONDS), "ended too soon");
      }
      servers = demo.process().descendants().toList();
      assertTrue(page(Files.readString(demo.err())).contains("<html"), "the dashboard");
    } finally {
      demo.process().destroy();
    }
    Programs.Ended ended = demo.await();

    assertEquals(143, ended.exitCode(), ended.err());
    assertTrue(ended.out().strip().endsWith("\"dropped\":0,\"dead\":0}"), ended.out());
    assertFalse(ended.err().contains("WARN"), ended.err());
    try (Stream<Path> left = Files.list(directory)) {
      // The unpacked binaries of PostgreSQL stay for the next start.
      assertEquals(
          List.of(),
          left.map(path -> path.getFileName().toString())
              .filter(name -> name.startsWith("llmlog-"))
              .toList());
    }
    assertFalse(servers.isEmpty());
    for (ProcessHandle server : servers) {
      server.onExit().get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** What the address answers that the demo printed. */
  private static String page(String err) throws Exception {
    Matcher address = Pattern.compile("The dashboard: (http://127\\.0\\.0\\.1:\\d+)").matcher(err);
    assertTrue(address.find(), err);
    HttpRequest request = HttpRequest.newBuilder(URI.create(address.group(1) + "/")).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  @Test
  void aBadTrace_isNamedBeforeAnythingStarts() throws Exception {
    Path file = trace(TRACE.replace("3180", "many"));

    Programs.Ended demo =
        Programs.java(directory, Map.of(), Demo.class, "--once", "--trace=" + file).await();

    assertEquals(1, demo.exitCode());
    assertEquals(
        "llmlog demo: "
            + file
            + ", line 3: 'many': ContextTokens must be a whole number from 0 to 9999999999",
        demo.err().strip());
  }

  @Test
  void wrongUsage_exitsWith2() throws Exception {
    for (String wrong : List.of("--trace=nowhere.csv", "--calls=0", "--calls=x", "--unknown")) {
      Programs.Ended demo = Programs.java(directory, Map.of(), Demo.class, wrong).await();

      assertEquals(2, demo.exitCode(), wrong);
      assertTrue(demo.err().contains(wrong.substring(0, 7)), demo.err());
    }
  }

  private Path trace(String text) throws Exception {
    return Files.writeString(directory.resolve("trace.csv"), text);
  }

  private static List<Usage> stored(DemoServers servers) throws Exception {
    try (Connection connection = servers.database().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT created_at, tokens_input, tokens_output FROM llm_logs ORDER BY 1")) {
      List<Usage> stored = new ArrayList<>();
      while (row.next()) {
        Instant at = row.getObject(1, OffsetDateTime.class).toInstant();
        stored.add(new Usage(at, row.getLong(2), row.getLong(3)));
      }
      return stored;
    }
  }

  private static long inDefaultPartition(DemoServers servers) throws Exception {
    try (Connection connection = servers.database().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM llm_logs_default")) {
      row.next();
      return row.getLong(1);
    }
  }
}
