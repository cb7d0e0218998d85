package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.testkit.PostgresServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StoreWarningsIT {
  @RegisterExtension
  static final PostgresServer SAFE =
      PostgresServer.owned()
          .setting("fsync", "on")
          .setting("full_page_writes", "on")
          .setting("synchronous_commit", "on");

  @RegisterExtension
  static final PostgresServer FAST =
      PostgresServer.owned().setting("fsync", "off").setting("full_page_writes", "off");

  @Test
  void ofASafeServer_thereAreNone() throws Exception {
    assertEquals(List.of(), warnings(SAFE.createDatabase("safe")));
  }

  @Test
  void synchronousCommitOfARoleOrDatabase_isSeenAsTheWriterHasIt() throws Exception {
    String url = SAFE.createDatabase("hasty");
    String name = url.substring(url.lastIndexOf('/') + 1);
    PostgresServer.execute(url, "ALTER DATABASE " + name + " SET synchronous_commit = off");
    List<String> warnings = warnings(url);
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).contains("synchronous_commit is off"), warnings.get(0));
    assertTrue(warnings.get(0).contains("127.0.0.1:"), warnings.get(0));
    assertFalse(warnings.get(0).contains("llmlog:llmlog"), warnings.get(0));

    PostgresServer.execute(url, "ALTER DATABASE " + name + " SET synchronous_commit = local");
    assertEquals(List.of(), warnings(url));
    assertEquals(1, warnings(url + "?options=-c%20synchronous_commit=off").size());
  }

  @Test
  void aServerThatForcesNothingToDisk_isWarnedOf() throws Exception {
    List<String> warnings = warnings(FAST.createDatabase("fast"));
    assertEquals(2, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).contains("fsync is off"), warnings.get(0));
    assertTrue(warnings.get(1).contains("full_page_writes is off"), warnings.get(1));
  }

  private static List<String> warnings(String url) throws Exception {
    return StoreWarnings.read(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(20)));
  }
}
