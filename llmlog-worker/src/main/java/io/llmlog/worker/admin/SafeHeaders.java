package io.llmlog.worker.admin;

import java.util.Map;
import java.util.function.BiConsumer;

/** What every answer says to a browser, so that it does with it as little as it can. */
final class SafeHeaders {
  /** Scripts, styles, pictures and questions of this server alone; nobody may frame it. */
  static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self';"
          + " frame-ancestors 'none'";

  private static final Map<String, String> ALL =
      Map.of(
          "Content-Security-Policy",
          CONTENT_SECURITY_POLICY,
          "X-Content-Type-Options",
          "nosniff",
          "X-Frame-Options",
          "DENY",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          // Unless the answer says otherwise: most are data.
          "Cache-Control",
          "no-store");

  private SafeHeaders() {}

  static void addTo(BiConsumer<String, String> headers) {
    ALL.forEach(headers);
  }
}
