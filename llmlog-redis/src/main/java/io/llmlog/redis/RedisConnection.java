package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandType;
import io.llmlog.spi.QueueException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, opened on first use and again after each failure. With {@link SharedClient} and
 * {@link PushArguments} the only class that knows the client library.
 *
 * <p>Every call ends within its timeout. The client's own reconnecting is off: it would queue
 * commands without bound and send them twice. Instead any failure, a refusal by the server too,
 * closes the connection: after a timeout the reply of the old command cannot be taken for that of
 * the next, after READONLY a fresh connection may find the new primary, after NOAUTH it logs in.
 *
 * <p>Safe for use by several threads at once.
 */
final class RedisConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);

  /**
   * How long to wait.
   *
   * @param connect for a connection that is logged in
   * @param command for the reply to a small command
   * @param bulk for the reply to one that carries a batch
   */
  record Timeouts(Duration connect, Duration command, Duration bulk) {
    /** A batch of 8 MiB in 10 s is 7 Mbit/s: slower lines would ask for the same batch for ever. */
    static final Timeouts DEFAULT =
        new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(10));
  }

  private interface Command<T> {
    RedisFuture<T> send(RedisAsyncCommands<byte[], byte[]> redis);
  }

  private static final class ScriptUnknownException extends QueueException {
    ScriptUnknownException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final int CONNECT_ATTEMPTS = 3;

  /** What the client says of a channel that closed during its handshake; it has no class for it. */
  private static final String CLOSED_EARLY = "Connection closed prematurely";

  private static final Pattern SCRIPT_PLACE = Pattern.compile("(?s)\\s*script: \\p{XDigit}{40}.*");

  private final RedisUrl url;
  private final Timeouts timeouts;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable RedisClient client;
  private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private CompletableFuture<Void> closing = CompletableFuture.completedFuture(null);
  private boolean closed;

  RedisConnection(RedisUrl url, Timeouts timeouts) {
    this.url = url;
    this.timeouts = timeouts;
  }

  /** Pushes values on the left of a list; answers its length then. */
  long push(byte[] key, List<byte[]> values) throws QueueException, InterruptedException {
    PushArguments arguments = new PushArguments(key, values);
    return call(
        timeouts.bulk,
        List.of(key),
        redis ->
            redis.dispatch(
                CommandType.LPUSH, new IntegerOutput<>(ByteArrayCodec.INSTANCE), arguments));
  }

  /** The length of a list; 0 where there is none. */
  long length(byte[] key) throws QueueException, InterruptedException {
    return call(timeouts.command, List.of(key), redis -> redis.llen(key));
  }

  /** A hash of texts; empty where there is none. */
  Map<String, String> hash(byte[] key) throws QueueException, InterruptedException {
    Map<String, String> texts = new HashMap<>();
    call(timeouts.command, List.of(key), redis -> redis.hgetall(key))
        .forEach((field, value) -> texts.put(new String(field, UTF_8), new String(value, UTF_8)));
    return texts;
  }

  /** The server's clock, in milliseconds since 1970. */
  long time() throws QueueException, InterruptedException {
    List<byte[]> parts = call(timeouts.command, List.of(), RedisAsyncCommands::time);
    long seconds = Long.parseLong(new String(parts.get(0), UTF_8));
    return seconds * 1000 + Long.parseLong(new String(parts.get(1), UTF_8)) / 1000;
  }

  /** What kind of value a key holds, or {@code none}; null where the server does not tell. */
  @Nullable String type(byte[] key) throws QueueException, InterruptedException {
    return unlessRefused(redis -> redis.type(key));
  }

  /** A section of the server's report on itself; empty where it does not tell. */
  Map<String, String> info(String section) throws QueueException, InterruptedException {
    String report = unlessRefused(redis -> redis.info(section));
    Map<String, String> values = new HashMap<>();
    for (String line : report == null ? List.<String>of() : report.lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        values.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return values;
  }

  /** One of the server's settings; null where it does not tell. */
  @Nullable String setting(String name) throws QueueException, InterruptedException {
    Map<String, String> settings = unlessRefused(redis -> redis.configGet(name));
    return settings == null ? null : settings.get(name);
  }

  /** The answer, or null where the server has none for us: managed services hide their settings. */
  private <T> @Nullable T unlessRefused(Command<T> command)
      throws QueueException, InterruptedException {
    try {
      return call(timeouts.command, List.of(), command);
    } catch (QueueException e) {
      if (deepest(e) instanceof RedisCommandExecutionException) {
        LOG.debug("not told: {}", e.getMessage());
        return null;
      }
      throw e;
    }
  }

  /**
   * Runs a script that answers a list: of {@code byte[]} for texts and {@code Long} for numbers.
   */
  List<?> list(RedisScripts script, List<byte[]> keys, List<byte[]> args)
      throws QueueException, InterruptedException {
    return (List<?>) run(script, ScriptOutputType.MULTI, timeouts.bulk, keys, args);
  }

  /** Runs a script that answers a number. */
  long number(RedisScripts script, List<byte[]> keys, List<byte[]> args)
      throws QueueException, InterruptedException {
    return (Long) run(script, ScriptOutputType.INTEGER, timeouts.command, keys, args);
  }

  private Object run(
      RedisScripts script,
      ScriptOutputType type,
      Duration timeout,
      List<byte[]> keys,
      List<byte[]> args)
      throws QueueException, InterruptedException {
    byte[][] keyArray = keys.toArray(new byte[0][]);
    byte[][] argArray = args.toArray(new byte[0][]);
    try {
      return call(timeout, keys, redis -> redis.evalsha(script.digest(), type, keyArray, argArray));
    } catch (ScriptUnknownException e) {
      return call(timeout, keys, redis -> redis.eval(script.text(), type, keyArray, argArray));
    }
  }

  private <T> T call(Duration timeout, List<byte[]> keys, Command<T> command)
      throws QueueException, InterruptedException {
    StatefulRedisConnection<byte[], byte[]> current = connection();
    boolean usable = false;
    try {
      T answer = command.send(current.async()).get(timeout.toMillis(), MILLISECONDS);
      usable = true;
      return answer;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RedisNoScriptException) {
        usable = true;
        throw new ScriptUnknownException(text(e), e);
      }
      throw new QueueException(text(e) + wrongType(e, keys), e);
    } catch (TimeoutException e) {
      throw new QueueException(
          prefix() + "no answer within " + timeout.toMillis() + " ms; the outcome is unknown", e);
    } catch (CancellationException | RedisException e) {
      throw new QueueException(text(e), e);
    } finally {
      if (!usable) {
        discard(current);
      }
    }
  }

  private StatefulRedisConnection<byte[], byte[]> connection()
      throws QueueException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (closed) {
        throw new QueueException(prefix() + "closed here");
      }
      StatefulRedisConnection<byte[], byte[]> current = connection;
      if (current != null) {
        if (current.isOpen()) {
          return current;
        }
        // Closed by the other side: the client keeps it in its books until it is closed here too.
        discard(current);
      }
      RedisClient shared = client;
      if (shared == null) {
        shared = SharedClient.acquire();
        client = shared;
      }
      current = connect(shared);
      connection = current;
      return current;
    } finally {
      lock.unlock();
    }
  }

  private StatefulRedisConnection<byte[], byte[]> connect(RedisClient shared)
      throws QueueException, InterruptedException {
    long deadline = System.nanoTime() + timeouts.connect.toNanos();
    for (int attempt = 1; ; attempt++) {
      try {
        return open(shared, deadline - System.nanoTime());
      } catch (TimeoutException e) {
        throw new QueueException(
            prefix() + "no connection within " + timeouts.connect.toMillis() + " ms", e);
      } catch (ExecutionException | CancellationException | RedisException e) {
        if (attempt == CONNECT_ATTEMPTS || !lostReason(deepest(e))) {
          throw new QueueException(text(e), e);
        }
      }
    }
  }

  private StatefulRedisConnection<byte[], byte[]> open(RedisClient shared, long nanos)
      throws ExecutionException, TimeoutException, InterruptedException {
    ConnectionFuture<StatefulRedisConnection<byte[], byte[]>> opening =
        shared.connectAsync(ByteArrayCodec.INSTANCE, lettuceUri());
    boolean opened = false;
    try {
      StatefulRedisConnection<byte[], byte[]> fresh = opening.get(nanos, NANOSECONDS);
      opened = true;
      return fresh;
    } finally {
      if (!opened) {
        // A connection that comes too late is nobody's: without this it would stay open.
        var unused = opening.thenCompose(late -> late.closeAsync());
      }
    }
  }

  /**
   * Whether the client has dropped the server's reason: it asks the channel for its handshake, and
   * where the server refused the login before that, there is none any more; or it saw the channel
   * close before the refusal itself. Asked again, it mostly sees the refusal, which a person needs.
   */
  private static boolean lostReason(Throwable deepest) {
    return deepest.getClass() == IllegalStateException.class
        || CLOSED_EARLY.equals(deepest.getMessage());
  }

  private RedisURI lettuceUri() {
    RedisURI.Builder builder =
        RedisURI.Builder.redis(url.host(), url.port())
            .withDatabase(url.database())
            .withTimeout(timeouts.connect);
    String password = url.password();
    String user = url.user();
    if (password != null && user != null) {
      builder.withAuthentication(user, password.toCharArray());
    } else if (password != null) {
      builder.withPassword(password.toCharArray());
    }
    if (url.tls()) {
      builder.withSsl(true).withVerifyPeer(SslVerifyMode.FULL);
    }
    return builder.build();
  }

  private void discard(StatefulRedisConnection<byte[], byte[]> broken) {
    lock.lock();
    try {
      if (connection == broken) {
        connection = null;
        closing = CompletableFuture.allOf(closing, broken.closeAsync());
      }
    } finally {
      lock.unlock();
    }
  }

  /** The server's own error line where there is one, else what the network says. */
  private String text(Throwable failure) {
    Throwable deepest = deepest(failure);
    if (lostReason(deepest)) {
      return prefix() + "the server refused the connection";
    }
    if (deepest instanceof CancellationException || deepest instanceof ClosedChannelException) {
      return prefix() + "connection lost; the outcome is unknown";
    }
    String message = deepest.getMessage();
    if (message == null || deepest instanceof UnknownHostException) {
      return prefix() + deepest.getClass().getSimpleName();
    }
    // Where in a script it failed is nothing to a person.
    return prefix() + SCRIPT_PLACE.matcher(message).replaceFirst("");
  }

  /** The server does not say which key it means. */
  private static String wrongType(Throwable failure, List<byte[]> keys) {
    return String.valueOf(deepest(failure).getMessage()).contains("WRONGTYPE")
        ? keys.stream()
            .map(key -> new String(key, UTF_8))
            .collect(Collectors.joining(", ", " (keys: ", ")"))
        : "";
  }

  private static Throwable deepest(Throwable failure) {
    Throwable deepest = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      deepest = cause;
      if (cause instanceof RedisCommandExecutionException) {
        break;
      }
    }
    return deepest;
  }

  /** How every sentence about this server begins. */
  String prefix() {
    return "Redis at " + url.place() + ": ";
  }

  @Override
  public void close() {
    boolean shared;
    lock.lock();
    try {
      closed = true;
      if (connection != null) {
        discard(connection);
      }
      shared = client != null;
      client = null;
    } finally {
      lock.unlock();
    }
    if (shared) {
      SharedClient.release(closing);
    }
  }
}
