package io.llmlog.jdbc.schema;

import org.jspecify.annotations.Nullable;

/** The schema cannot be applied or read; the text says why, for a person, and shows no secret. */
public final class SchemaException extends Exception {
  SchemaException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
