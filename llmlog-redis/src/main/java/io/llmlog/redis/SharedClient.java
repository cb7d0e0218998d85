package io.llmlog.redis;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client and its few threads, one for all connections of the JVM: a service embeds this. It is
 * there from the first use until the last user has gone.
 */
final class SharedClient {
  /** How the names of the client's threads begin. */
  static final String THREAD_PREFIX = "llmlog-redis-";

  private static final Logger LOG = LoggerFactory.getLogger(SharedClient.class);
  private static final Object LOCK = new Object();
  private static @Nullable SharedClient current;

  private final ClientResources resources =
      DefaultClientResources.builder()
          .ioThreadPoolSize(2)
          .computationThreadPoolSize(2)
          .commandLatencyRecorder(CommandLatencyRecorder.disabled())
          .threadFactoryProvider(SharedClient::threads)
          .build();
  private final RedisClient client = RedisClient.create(resources);
  private int users;

  private SharedClient() {
    client.setOptions(
        ClientOptions.builder()
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(64)
            .timeoutOptions(TimeoutOptions.create())
            .socketOptions(
                SocketOptions.builder()
                    .connectTimeout(RedisConnection.Timeouts.DEFAULT.connect())
                    .keepAlive(true)
                    .build())
            .build());
  }

  static RedisClient acquire() {
    synchronized (LOCK) {
      SharedClient shared = current;
      if (shared == null) {
        shared = new SharedClient();
        current = shared;
      }
      shared.users++;
      return shared.client;
    }
  }

  static void release(CompletableFuture<Void> closing) {
    SharedClient unused = null;
    synchronized (LOCK) {
      SharedClient shared = current;
      if (shared != null && --shared.users == 0) {
        current = null;
        unused = shared;
      }
    }
    if (unused != null) {
      unused.end(closing);
    }
  }

  private void end(CompletableFuture<Void> closing) {
    boolean interrupted = Thread.interrupted();
    // The client's own shutdown warns of every connection that is just being closed; all it
    // would do besides is done by the end of the threads, which closes their sockets.
    interrupted |= awaitEnd(closing, 1);
    interrupted |= awaitEnd(resources.shutdown(0, 1, SECONDS), 2);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Answers whether this thread was interrupted meanwhile. Throws nothing: whoever waited must go
   * on, or the threads would stay for good.
   */
  private static boolean awaitEnd(Future<?> end, long seconds) {
    try {
      end.get(seconds, SECONDS);
    } catch (InterruptedException e) {
      return true;
    } catch (ExecutionException | TimeoutException | CancellationException e) {
      LOG.warn("connections or threads of the Redis client did not end within their time", e);
    }
    return false;
  }

  private static ThreadFactory threads(String pool) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, THREAD_PREFIX + pool + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
