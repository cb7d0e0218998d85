package io.llmlog.config;

import java.time.DateTimeException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One variable of the environment.
 *
 * @param <T> the type of its value
 */
public final class Setting<T> {
  private final String name;
  private final @Nullable String defaultText;
  private final String allowed;
  private final Function<String, @Nullable T> parser;
  private final boolean secret;

  /**
   * @param defaultText the default as one would write it, or null where there is none
   * @param allowed completes the sentence "must be …"
   * @param parser null, or an {@link IllegalArgumentException}, for what is not allowed
   * @param secret whether all of the value is one
   */
  Setting(
      String name,
      @Nullable String defaultText,
      String allowed,
      Function<String, @Nullable T> parser,
      boolean secret) {
    this.name = name;
    this.defaultText = defaultText;
    this.allowed = allowed;
    this.parser = parser;
    this.secret = secret;
  }

  public String name() {
    return name;
  }

  /** The default as one would write it, or null where there is none. */
  public @Nullable String defaultText() {
    return defaultText;
  }

  /** Completes the sentence "must be …". */
  public String allowed() {
    return allowed;
  }

  /** The value of the text, or null where it is not allowed. */
  @Nullable T parse(String text) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  /** The sentence for a value that is not allowed; secrets in it are masked. */
  String problem(String text, String mustBe) {
    return name + "=" + (secret ? "***" : Secrets.mask(text)) + ": " + mustBe;
  }

  @Override
  public String toString() {
    return name;
  }
}
