package io.llmlog.faults;

import io.llmlog.faults.RedisAdmin.RedisError;
import io.llmlog.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a Redis may do, on a real one; it proves each by its own words and counts. */
final class RedisFaults {
  private static final String QUEUE = "llm_logs";

  private final RedisServer server;
  private final RedisAdmin admin;

  RedisFaults(Scene scene) {
    server = scene.redis();
    admin = scene.admin();
  }

  /** SIGKILL; what was acknowledged is on disk. */
  Fault killedWithData() {
    return Fault.named("Redis killed (SIGKILL), restarted with its data")
        .by(server::kill)
        .shownBy(this::refusesConnections)
        .healedBy(server::start);
  }

  /** SIGSTOP: connections stay open, and nothing answers. */
  Fault stopped() {
    return Fault.named("Redis stopped (SIGSTOP) and continued")
        .by(server::pause)
        .shownBy(this::isSilent)
        .healedBy(server::resume);
  }

  Fault outOfMemory() {
    return Fault.named("Redis out of memory (maxmemory 1)")
        .by(() -> admin.call("CONFIG", "SET", "maxmemory", "1"))
        .shownBy(() -> push("OOM"))
        .healedBy(() -> admin.call("CONFIG", "SET", "maxmemory", "0"));
  }

  /** As after a failover that the client did not hear of. */
  Fault readOnly() {
    return Fault.named("Redis read-only after a failover (REPLICAOF)")
        .by(() -> admin.call("REPLICAOF", "127.0.0.1", "1"))
        .shownBy(() -> push("READONLY"))
        .healedBy(() -> admin.call("REPLICAOF", "NO", "ONE"));
  }

  /** It wants a replica to have each write, and there is none. */
  Fault withoutReplicas() {
    return Fault.named("Redis has too few replicas (NOREPLICAS)")
        .by(() -> admin.call("CONFIG", "SET", "min-replicas-to-write", "1"))
        .shownBy(() -> push("NOREPLICAS"))
        .healedBy(() -> admin.call("CONFIG", "SET", "min-replicas-to-write", "0"));
  }

  /** A snapshot that cannot be written makes Redis refuse all writes. */
  Fault misconfigured() {
    String[] name = new String[1];
    return Fault.named("Redis cannot save (MISCONF)")
        .by(
            () -> {
              name[0] = lastLine(admin.call("CONFIG", "GET", "dbfilename"));
              // No right of any user suffices to put a file in the place of a directory.
              Path directory = Path.of(lastLine(admin.call("CONFIG", "GET", "dir")));
              Files.createDirectories(directory.resolve("taken").resolve("full"));
              admin.call("CONFIG", "SET", "save", "3600 1");
              admin.call("CONFIG", "SET", "dbfilename", "taken");
              admin.call("BGSAVE");
            })
        .shownBy(() -> push("MISCONF"))
        .healedBy(
            () -> {
              admin.call("CONFIG", "SET", "dbfilename", name[0]);
              admin.call("CONFIG", "SET", "save", "");
            });
  }

  /** Started again, it loads for seconds what it wrote down when it was shut down. */
  Fault loading() {
    return Fault.named("Redis loads its data (LOADING)")
        .by(
            () -> {
              // While it loads it looks for clients after each 2 MiB.
              for (int i = 0; i < 20; i++) {
                admin.call("SET", "other-" + i, "x".repeat(2 << 20));
              }
              ignore(() -> admin.call("SHUTDOWN", "SAVE"));
              // It has saved by then; the process may take a moment to be gone.
              Await.until("its end", Scene.PATIENCE, () -> !refusesConnections().isEmpty());
              server.kill();
              Thread starting = new Thread(server::start, "faults-redis-start");
              starting.setDaemon(true);
              starting.start();
            })
        .shownBy(() -> startsWith(admin.error("LLEN", QUEUE), "LOADING"))
        .healedBy(
            () ->
                Await.until(
                    "the end of loading", Scene.PATIENCE, () -> admin.call("PING").equals("PONG")));
  }

  /** The password was changed, and everybody was thrown out. */
  Fault passwordChanged() {
    String[] before = new String[1];
    return Fault.named("Redis refuses the password (changed, clients killed)")
        .by(
            () -> {
              before[0] = lastLine(admin.call("CONFIG", "GET", "requirepass"));
              admin.call("CONFIG", "SET", "requirepass", "another");
              admin.password("another");
              admin.call("CLIENT", "KILL", "TYPE", "normal");
            })
        .shownBy(
            () -> {
              String said = new RedisAdmin(server.port(), before[0]).error("PING");
              return startsWith(said, "WRONGPASS");
            })
        .healedBy(
            () -> {
              admin.call("CONFIG", "SET", "requirepass", before[0]);
              admin.password(before[0]);
            });
  }

  /** The server forgets its scripts, again and again. */
  Fault scriptsForgotten() {
    return Fault.named("Redis forgets its scripts (SCRIPT FLUSH)")
        .by(() -> admin.call("SCRIPT", "FLUSH"))
        .shownBy(
            () -> {
              long before = admin.errors("NOSCRIPT");
              admin.call("SCRIPT", "FLUSH");
              Await.until("NOSCRIPT", Scene.PATIENCE, () -> admin.errors("NOSCRIPT") > before);
              return counted("NOSCRIPT");
            })
        .passing();
  }

  /** Somebody's script does not end. */
  Fault busy() {
    return Fault.named("Redis busy with a script (BUSY)")
        .by(
            () -> {
              admin.call("CONFIG", "SET", "lua-time-limit", "50");
              Thread script =
                  new Thread(() -> ignore(() -> admin.call("EVAL", "while true do end", "0")));
              script.setDaemon(true);
              script.start();
            })
        .shownBy(() -> startsWith(admin.error("LLEN", QUEUE), "BUSY"))
        .healedBy(() -> admin.call("SCRIPT", "KILL"));
  }

  /** Every client is thrown out. */
  Fault clientsKilled() {
    return Fault.named("Redis throws out its clients (CLIENT KILL)")
        .by(() -> {})
        .shownBy(
            () -> {
              long killed = Long.parseLong(admin.call("CLIENT", "KILL", "TYPE", "normal"));
              return killed < 2 ? null : "CLIENT KILL ended " + killed;
            })
        .passing();
  }

  private interface Call {
    void run() throws IOException;
  }

  private static void ignore(Call call) {
    try {
      call.run();
    } catch (IOException e) {
      // The script was killed, which is its end.
    }
  }

  private String counted(String error) throws IOException {
    long count = admin.errors(error);
    return count == 0 ? "" : "Redis counts " + count + " × " + error;
  }

  /** What a producer hears. */
  private String push(String error) throws IOException {
    return startsWith(admin.error("LPUSH", "probe", "x"), error);
  }

  private static String startsWith(String said, String word) {
    // The first sentence: what follows is advice.
    return said.startsWith(word) ? "Redis says: " + said.replaceFirst("\\. .*", "") : "";
  }

  private String refusesConnections() throws IOException {
    try {
      admin.call("PING");
      return "";
    } catch (RedisError e) {
      throw e;
    } catch (java.net.ConnectException e) {
      return "connections to Redis: " + e.getMessage();
    }
  }

  private String isSilent() throws IOException {
    try {
      admin.call(300, "PING");
      return "";
    } catch (java.net.SocketTimeoutException e) {
      return "PING: " + e.getMessage();
    }
  }

  private static String lastLine(String answer) {
    return answer.substring(answer.lastIndexOf('\n') + 1);
  }
}
