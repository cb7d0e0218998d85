package io.llmlog.worker.cli;

/** What must be set before the libraries that read it are loaded. A value that is set stays. */
final class StartUp {
  private static final String LOG = "org.slf4j.simpleLogger.";

  private StartUp() {}

  static void prepare() {
    set(LOG + "showDateTime", "true");
    set(LOG + "dateTimeFormat", "HH:mm:ss.SSS");
    set(LOG + "showThreadName", "false");
    set(LOG + "showShortLogName", "true");
    // What these say of an outage, llmlog says itself, once.
    set(LOG + "log.com.zaxxer.hikari", "off");
    set(LOG + "log.io.lettuce", "error");
    set(LOG + "log.io.netty", "error");
    // They write down what somebody sends.
    set(LOG + "log.io.javalin", "error");
    set(LOG + "log.org.eclipse.jetty", "error");
    if (Runtime.version().feature() >= 24) {
      // Else the JVM prints four lines of warning about sun.misc.Unsafe.
      set("io.netty.noUnsafe", "true");
    }
  }

  private static void set(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
