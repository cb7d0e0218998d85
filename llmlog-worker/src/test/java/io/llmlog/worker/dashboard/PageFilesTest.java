package io.llmlog.worker.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the page's files must never hold: a way for logged text to become markup or code, anything
 * that the Content-Security-Policy would refuse, and addresses of other servers.
 */
final class PageFilesTest {
  /** The names of SVG's own elements, which no browser fetches. */
  private static final String SVG = "http://www.w3.org/2000/svg";

  /** Ways for a text to become markup, code or an address. {@code dom.js} alone sets links. */
  private static final Map<String, Pattern> NOT_IN_SCRIPTS =
      Map.of(
          "markup from text",
          Pattern.compile(
              "innerHTML|outerHTML|insertAdjacent|createContextualFragment|DOMParser|srcdoc"
                  + "|setHTML|document\\.write|XSLT"),
          "code from text",
          Pattern.compile(
              "\\beval\\b|\\bnew Function\\b|import\\(|\\bimportScripts\\b"
                  + "|set(Timeout|Interval)\\(\\s*['\"`]"),
          "an address from text",
          Pattern.compile("\\.(href|src|action|formAction|cssText|on[a-z]+)\\s*=[^=>]|javascript:"),
          "an attribute set past dom.js",
          Pattern.compile("setAttribute(NS)?\\(\\s*['\"`](?!aria-|title['\"`])"),
          "an element with a power of its own",
          Pattern.compile(
              "createElement|h\\(\\s*['\"`](script|iframe|object|embed|link|style|img|base)['\"`]"));

  private static final Map<String, Pattern> NOT_IN_PAGES =
      Map.of(
          "an inline script", Pattern.compile("(?is)<script(?![^>]*\\ssrc=)[^>]*>"),
          "a script with a body", Pattern.compile("(?is)<script[^>]*>\\s*[^<\\s]"),
          "an inline style", Pattern.compile("(?i)<style|\\sstyle\\s*="),
          "an inline handler", Pattern.compile("(?i)\\son[a-z]+\\s*="),
          "an address that is code", Pattern.compile("(?i)(javascript|vbscript|data):"));

  private static final Pattern OTHER_SERVER = Pattern.compile("(?i)(\\b(https?|wss?):|[\"'(`]//)");
  private static final Pattern ASSET = Pattern.compile("(?:src|href)=\"([^\"]+)\"");
  private static final Pattern IMPORT = Pattern.compile("from '([^']+)'");
  private static final int MOST_LINES = 400;

  private final Map<String, String> files = files();

  @Test
  void scripts_makeNothingButTextOfText() {
    List<String> found = new ArrayList<>();
    scripts().forEach((name, text) -> found.addAll(found(name, text, NOT_IN_SCRIPTS)));
    assertEquals(List.of(), found);
  }

  @Test
  void dom_isTheOnePlaceThatMakesElementsAndLinks() {
    String dom = file("dom.js");
    assertEquals(
        2, count(dom, Pattern.compile("document\\.createElement")), "elements, and those of SVG");
    assertEquals(1, count(dom, Pattern.compile("setAttribute\\('href'")));
    assertFalse(Pattern.compile("innerHTML|outerHTML|insertAdjacent").matcher(dom).find());
    Matcher allowed = Pattern.compile("(?s)ATTRIBUTES = new Set\\(\\[(.*?)\\]").matcher(dom);
    assertTrue(allowed.find(), "the attributes that may be set");
    for (String never : List.of("href", "src", "style", "srcdoc", "action", "onclick")) {
      assertFalse(allowed.group(1).contains("'" + never + "'"), never + " may be set");
    }
  }

  @Test
  void pagesAndDrawings_holdNothingInline() {
    List<String> found = new ArrayList<>();
    files.forEach(
        (name, text) -> {
          if (name.endsWith(".html") || name.endsWith(".svg")) {
            found.addAll(found(name, text, NOT_IN_PAGES));
          }
        });
    assertEquals(List.of(), found);
  }

  @Test
  void noFile_namesAnotherServer() {
    List<String> found = new ArrayList<>();
    files.forEach(
        (name, text) -> {
          Matcher other = OTHER_SERVER.matcher(text.replace(SVG, ""));
          if (other.find()) {
            found.add(name + ": " + other.group());
          }
          if (name.endsWith(".css") && text.contains("@import")) {
            found.add(name + ": @import");
          }
        });
    assertEquals(List.of(), found);
  }

  @Test
  void whatPagesAndScriptsName_isThere() {
    List<String> missing = new ArrayList<>();
    files.forEach(
        (name, text) -> {
          if (name.endsWith(".html")) {
            ASSET
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .filter(address -> !Set.of("/", "#main", "/assets/chart.js").contains(address))
                .filter(address -> !files.containsKey(address.replaceFirst("^/assets/", "")))
                .forEach(address -> missing.add(name + ": " + address));
          } else if (name.endsWith(".js")) {
            IMPORT
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .filter(module -> !files.containsKey(module.replaceFirst("^\\./", "")))
                .forEach(module -> missing.add(name + ": " + module));
          }
        });
    assertEquals(List.of(), missing);
  }

  @Test
  void theLogin_needsNoFileThatWantsALogin() {
    List<String> named =
        ASSET.matcher(file("login.html")).results().map(match -> match.group(1)).toList();
    assertEquals(List.of("/assets/icon.svg", "/assets/login.css", "/assets/login.js"), named);
    assertFalse(IMPORT.matcher(file("login.js")).find());
  }

  @Test
  void files_staySmall() {
    files.forEach(
        (name, text) -> {
          long lines = text.lines().count();
          assertTrue(lines <= MOST_LINES, name + " has " + lines + " lines");
        });
  }

  private Map<String, String> scripts() {
    Map<String, String> scripts = new TreeMap<>(files);
    scripts.keySet().removeIf(name -> !name.endsWith(".js") || name.equals("dom.js"));
    return scripts;
  }

  private String file(String name) {
    String text = files.get(name);
    if (text == null) {
      throw new AssertionError(name + " is not among " + files.keySet());
    }
    return text;
  }

  private static List<String> found(String name, String text, Map<String, Pattern> patterns) {
    List<String> found = new ArrayList<>();
    patterns.forEach(
        (what, pattern) -> {
          Matcher matcher = pattern.matcher(text);
          while (matcher.find()) {
            found.add(name + ": " + what + ": " + matcher.group());
          }
        });
    return found;
  }

  private static long count(String text, Pattern pattern) {
    return pattern.matcher(text).results().count();
  }

  private static Map<String, String> files() {
    try (Stream<Path> all = Files.list(directory())) {
      Map<String, String> files = new TreeMap<>();
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith(".class")) {
          files.put(String.valueOf(file.getFileName()), Files.readString(file));
        }
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory() {
    try {
      var page = PageFilesTest.class.getResource("index.html");
      if (page == null) {
        throw new AssertionError("the page is not on the class path");
      }
      return Path.of(page.toURI()).resolveSibling("");
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
