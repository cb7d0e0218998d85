package io.llmlog.worker.dashboard;

/** A request that gets an error for an answer: its status, and a sentence for who asked. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;

  private Refusal(int status, String sentence) {
    super(sentence);
    this.status = status;
  }

  /** Of what is wrong with the request itself. */
  static Refusal badRequest(String sentence) {
    return new Refusal(400, sentence);
  }

  static Refusal notFound(String sentence) {
    return new Refusal(404, sentence);
  }

  /** Of a body. */
  static Refusal tooLarge(String sentence) {
    return new Refusal(413, sentence);
  }

  /** Of a body of another kind. */
  static Refusal noJson(String sentence) {
    return new Refusal(415, sentence);
  }

  /** Of a database that does not answer. */
  static Refusal unavailable(String sentence) {
    return new Refusal(503, sentence);
  }

  int status() {
    return status;
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}
