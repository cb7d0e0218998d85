package io.llmlog.worker.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of the page, out of the jar. Each is read once and kept, so what they need is bounded
 * by what the jar holds. Safe for use by several threads at once.
 */
final class Assets {
  /** The path of the page itself. */
  static final String INDEX = "/";

  /** The path of the page before it. */
  static final String LOGIN = "/login.html";

  private static final String CHART_JS = "/assets/chart.js";

  /** Names without folders; a class beside the files has none of these ends. */
  private static final Pattern ASSET =
      Pattern.compile("/assets/([a-z0-9][a-z0-9_-]*\\.(css|js|svg|png|ico|woff2))");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "woff2", "font/woff2");

  private static final String FOLDER = "/io/llmlog/worker/dashboard/";
  private static final String WEBJAR = "/META-INF/resources/webjars/chart.js/";
  private static final String WEBJAR_POM =
      "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  private final Map<String, Asset> found = new ConcurrentHashMap<>();

  /** A file. Nobody changes its bytes. */
  static final class Asset {
    private final byte[] bytes;
    private final String type;
    private final String tag;

    private Asset(byte[] bytes, String type) {
      this.bytes = bytes;
      this.type = type;
      this.tag = '"' + Secret.fingerprint(bytes).substring(0, 32) + '"';
    }

    byte[] bytes() {
      return bytes;
    }

    /** Its content type. */
    String type() {
      return type;
    }

    /** Its {@code ETag}: another one for other bytes. */
    String tag() {
      return tag;
    }
  }

  /** The file of a path, or null where there is none. */
  @Nullable Asset find(String path) {
    Asset known = found.get(path);
    if (known != null) {
      return known;
    }
    String resource = resource(path);
    byte[] bytes = resource == null ? null : read(resource);
    if (resource == null || bytes == null) {
      return null;
    }
    String end = resource.substring(resource.lastIndexOf('.') + 1);
    Asset asset = new Asset(bytes, TYPES.getOrDefault(end, "application/octet-stream"));
    found.put(path, asset);
    return asset;
  }

  private static @Nullable String resource(String path) {
    return switch (path) {
      case INDEX -> FOLDER + "index.html";
      case LOGIN -> FOLDER + "login.html";
      case CHART_JS -> chartJs();
      default -> {
        Matcher asset = ASSET.matcher(path);
        yield asset.matches() ? FOLDER + asset.group(1) : null;
      }
    };
  }

  /** The one file that a page can take as it is; its folder is named after the version. */
  private static @Nullable String chartJs() {
    Properties pom = new Properties();
    try (InputStream in = Assets.class.getResourceAsStream(WEBJAR_POM)) {
      if (in == null) {
        return null;
      }
      pom.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(WEBJAR_POM, e);
    }
    return WEBJAR + pom.getProperty("version") + "/dist/chart.umd.min.js";
  }

  private static byte @Nullable [] read(String resource) {
    try (InputStream in = Assets.class.getResourceAsStream(resource)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}
