package io.llmlog.worker.dashboard;

import io.llmlog.worker.Wait;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.ExpectedConditions;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * Debian's Chromium without a screen, and what a person does in it. Both programs are named, so
 * that nothing is fetched. Waits are for conditions.
 */
final class Browser implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  /** All that the page asked for has been answered and is shown. */
  private static final String SETTLED =
      """
      return document.readyState === 'complete'
        && document.querySelector('#page[data-page]') !== null
        && document.querySelector('[aria-busy="true"], #page .region.fresh:not(.failed),'
          + ' dialog[open] .region.fresh:not(.failed)') === null;
      """;

  private final ChromeDriver driver;
  private final WebDriverWait patience;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
    this.patience = new WebDriverWait(driver, DEADLINE);
  }

  static Browser start(Path profile) {
    ChromeOptions options = new ChromeOptions();
    options.setBinary("/usr/bin/chromium");
    options.addArguments(
        "--headless",
        // The tests may run as root.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en-US",
        "--hide-scrollbars",
        "--user-data-dir=" + profile);
    options.setCapability("goog:loggingPrefs", Map.of(LogType.BROWSER, "ALL"));
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File("/usr/bin/chromedriver"))
            .usingAnyFreePort()
            .withEnvironment(Map.of("TZ", "UTC", "LANGUAGE", "en_US", "LANG", "C.UTF-8"))
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  void open(String url) {
    driver.get(url);
  }

  String url() {
    return Objects.requireNonNull(driver.getCurrentUrl());
  }

  /** One step back; the page has heard of it. */
  void back() {
    String before = script("return location.href");
    driver.navigate().back();
    patience.until(any -> !script("return location.href").equals(before));
  }

  /** Until everything is loaded and shown. */
  void settled() {
    patience.until(any -> Boolean.TRUE.equals(driver.executeScript(SETTLED)));
  }

  WebElement visible(String css) {
    return patience.until(ExpectedConditions.visibilityOfElementLocated(By.cssSelector(css)));
  }

  void click(String css) {
    patience.until(ExpectedConditions.elementToBeClickable(By.cssSelector(css))).click();
  }

  void type(String css, String text) {
    WebElement field = visible(css);
    field.sendKeys(Keys.chord(Keys.CONTROL, "a"));
    field.sendKeys(text.isEmpty() ? Keys.BACK_SPACE.toString() : text);
  }

  void press(CharSequence key) {
    driver.switchTo().activeElement().sendKeys(key);
  }

  String text(String css) {
    return visible(css).getText();
  }

  /** What an element says when pointed at. */
  String title(String css) {
    return String.valueOf(visible(css).getDomAttribute("title"));
  }

  /** Of all that the selector finds. */
  List<String> texts(String css) {
    return driver.findElements(By.cssSelector(css)).stream().map(WebElement::getText).toList();
  }

  List<String> attributes(String css, String name) {
    return driver.findElements(By.cssSelector(css)).stream()
        .map(element -> String.valueOf(element.getDomAttribute(name)))
        .toList();
  }

  int count(String css) {
    return driver.findElements(By.cssSelector(css)).size();
  }

  void awaitText(String css, String text) {
    Wait.until(
        "'" + text + "' in " + css,
        () -> {
          try {
            return texts(css).stream().anyMatch(each -> each.contains(text));
          } catch (StaleElementReferenceException e) {
            // It was drawn again meanwhile.
            return false;
          }
        });
  }

  /** What a script answers, as text. */
  String script(String script, Object... arguments) {
    return String.valueOf(driver.executeScript(script, arguments));
  }

  /** What a script answers to its callback, the last of its arguments. */
  String later(String script, Object... arguments) {
    return String.valueOf(driver.executeAsyncScript(script, arguments));
  }

  /** Clicks with the mouse at a place of the window. */
  void clickAt(double x, double y) {
    for (String type : List.of("mouseMoved", "mousePressed", "mouseReleased")) {
      driver.executeCdpCommand(
          "Input.dispatchMouseEvent",
          Map.of("type", type, "x", x, "y", y, "button", "left", "clickCount", 1));
    }
  }

  /** A window of that size, in that theme of the system. */
  void show(int width, int height, String theme) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
  }

  /**
   * What the browser found to complain about since it was asked last: errors of the page, refusals
   * of its policy.
   */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
        .map(entry -> entry.getLevel() + " " + entry.getMessage())
        .toList();
  }

  void screenshot(Path file) throws IOException {
    Map<String, Object> shot =
        driver.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png"));
    Files.write(file, Base64.getDecoder().decode(String.valueOf(shot.get("data"))));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
