package io.llmlog.worker.cli;

import org.jspecify.annotations.Nullable;

/** A command ends with this exit code; the text says why, in one line, for a person. */
final class CommandException extends Exception {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  private CommandException(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  static CommandException failed(String why) {
    return new CommandException(Main.FAILED, why, null);
  }

  static CommandException failed(String why, Throwable cause) {
    return new CommandException(Main.FAILED, why, cause);
  }

  static CommandException wrongUsage(String why) {
    return new CommandException(Main.WRONG_USAGE, why, null);
  }

  int exitCode() {
    return exitCode;
  }
}
