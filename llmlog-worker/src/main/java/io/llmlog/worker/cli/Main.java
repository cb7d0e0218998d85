package io.llmlog.worker.cli;

import io.llmlog.config.ConfigException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * The program {@code llmlog}: puts the commands together and turns what they throw into one line
 * and an exit code.
 */
public final class Main {
  /** The command did what it was asked. */
  public static final int DONE = 0;

  /** It failed; a line on stderr says why. */
  public static final int FAILED = 1;

  /** It was not asked properly, or the configuration is wrong. */
  public static final int WRONG_USAGE = 2;

  /** Set to {@code true}, errors come with their stack trace. */
  private static final String DEBUG = "llmlog.debug";

  private Main() {}

  /** Runs one command and ends the process. */
  public static void main(String[] args) {
    StartUp.prepare();
    // Results are UTF-8 whatever the locale says, and buffered until a line is done.
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    int code = run(args, System.getenv(), System.in, out, System.err);
    out.flush();
    System.exit(code);
  }

  /**
   * Runs one command.
   *
   * @param variables the environment to read the configuration from
   * @return the exit code
   */
  public static int run(
      String[] args,
      Map<String, String> variables,
      InputStream in,
      PrintStream out,
      PrintStream err) {
    Console console = new Console(variables, in, out, err);
    CommandLine program =
        new CommandLine(new Program())
            .addSubcommand(new WorkCommand(console))
            .addSubcommand(new LogCommand(console))
            .addSubcommand(
                new CommandLine(new SchemaCommand())
                    .addSubcommand(new SchemaCommand.Apply(console))
                    .addSubcommand(new SchemaCommand.Status(console))
                    .addSubcommand(new SchemaCommand.Sql(console)))
            .addSubcommand(new StatusCommand(console))
            .addSubcommand(
                new CommandLine(new DeadLettersCommand())
                    .addSubcommand(new DeadLettersCommand.Show(console))
                    .addSubcommand(new DeadLettersCommand.Replay(console))
                    .addSubcommand(new DeadLettersCommand.Discard(console))
                    .addSubcommand(new AcceptCommand(console)))
            .addSubcommand(new CostCommand(console))
            .addSubcommand(new EraseCommand(console))
            .addSubcommand(new MaintainCommand(console))
            .addSubcommand(
                new CommandLine(new RollupCommand())
                    .addSubcommand(new RollupCommand.Check(console, Clock.systemUTC()))
                    .addSubcommand(new RollupCommand.Rebuild(console, Clock.systemUTC())))
            .addSubcommand(new DemoCommand());
    program.setOut(console.writer(out)).setErr(console.writer(err));
    program.setParameterExceptionHandler((e, ignored) -> wrongUsage(console, e));
    program.setExecutionExceptionHandler((e, command, parsed) -> failed(console, e));
    program.registerConverter(Duration.class, Main::duration);
    int code;
    try {
      code = program.execute(args);
    } catch (Error e) {
      code = failed(console, e);
    }
    out.flush();
    err.flush();
    return code;
  }

  private static int wrongUsage(Console console, ParameterException e) {
    console.say(oneLine(String.valueOf(e.getMessage())));
    console.say("try: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return WRONG_USAGE;
  }

  private static int failed(Console console, Throwable e) {
    if (Boolean.getBoolean(DEBUG)) {
      e.printStackTrace(console.err());
    }
    if (e instanceof ConfigException config) {
      config.problems().forEach(problem -> console.say(oneLine(problem)));
      return WRONG_USAGE;
    }
    if (e instanceof CommandException failure) {
      console.say(oneLine(String.valueOf(failure.getMessage())));
      return failure.exitCode();
    }
    console.say(oneLine(e.toString()));
    return FAILED;
  }

  /** The converter of picocli answers with the name of a Java exception. */
  private static Duration duration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException(
          "'" + text + "' must be an ISO-8601 duration such as PT60S");
    }
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  @Command(
      name = "llmlog",
      description = "Records LLM calls in an analytics database.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      scope = CommandLine.ScopeType.INHERIT,
      footer = {
        "",
        "Configuration comes from the environment: REDIS_URL, ANALYTICS_DATABASE_URL, LLMLOG_...",
        "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration."
      })
  private static final class Program {}

  /** The version from the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"llmlog " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
