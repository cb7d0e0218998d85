package io.llmlog.worker.admin;

import java.util.Map;

/**
 * Why a request goes no further.
 *
 * @param sentence for a person; nothing in it comes from the request
 * @param headers that the answer has besides
 */
record Refusal(int status, String sentence, Map<String, String> headers) {
  static final Refusal LOGIN_NEEDED =
      new Refusal(
          401,
          "a login is needed: POST /api/login, or Authorization: Bearer with LLMLOG_ADMIN_TOKEN",
          Map.of("WWW-Authenticate", "Bearer realm=\"llmlog\""));

  static final Refusal WRONG_TOKEN =
      new Refusal(401, "that is not LLMLOG_ADMIN_TOKEN", LOGIN_NEEDED.headers());

  static final Refusal BUSY =
      new Refusal(
          503, "too many questions at a time: try again in a moment", Map.of("Retry-After", "1"));

  Refusal(int status, String sentence) {
    this(status, sentence, Map.of());
  }

  static Refusal later(long seconds) {
    return new Refusal(
        429,
        "too many wrong tokens: try again in " + seconds + " s",
        Map.of("Retry-After", Long.toString(seconds)));
  }

  String json() {
    return json(sentence);
  }

  /** The body of every error; the sentence is one of the program's own, without quotes. */
  static String json(String sentence) {
    return "{\"error\":\"" + sentence.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}";
  }
}
