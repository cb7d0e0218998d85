package io.llmlog.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on loopback that makes the network fail on purpose, and counts that it did.
 *
 * <p>Forwards at first. Each fault holds until {@link #forward()}, but for the cuts, which happen
 * once. Safe for use by several threads.
 */
public final class FaultProxy implements AutoCloseable {
  private enum Mode {
    FORWARD,
    HALF_OPEN,
    BLACK_HOLE
  }

  private static final int CHUNK = 8192;

  private final ServerSocket listener;
  private final String targetHost;
  private final int targetPort;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicInteger cuts = new AtomicInteger();
  private final AtomicInteger delays = new AtomicInteger();
  private final AtomicLong swallowed = new AtomicLong();
  private final AtomicInteger holds = new AtomicInteger();

  private final Object faults = new Object();
  private volatile Mode mode = Mode.FORWARD;
  private volatile long delayNanos;

  /** Reply bytes that still pass before the cut; negative: no such cut is armed. */
  private long replyBytesToCut = -1;

  /** The cut is armed when a request with this text passes; null: none is. */
  private @Nullable String requestToCut;

  /** The request with this text is held, or the reply to it; null: none is. */
  private @Nullable String requestToHold;

  private @Nullable String replyToHold;

  private FaultProxy(ServerSocket listener, String targetHost, int targetPort) {
    this.listener = listener;
    this.targetHost = targetHost;
    this.targetPort = targetPort;
  }

  /** Starts a proxy before a server. */
  public static FaultProxy to(String host, int port) {
    try {
      ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      FaultProxy proxy = new FaultProxy(listener, host, port);
      thread("fault-proxy-accept", proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException("no port on loopback", e);
    }
  }

  /** Where the proxy listens, on loopback. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Ends every fault: bytes pass again, on old and new connections. What was swallowed is gone. */
  public void forward() {
    synchronized (faults) {
      mode = Mode.FORWARD;
      delayNanos = 0;
      replyBytesToCut = -1;
      requestToCut = null;
      requestToHold = null;
      replyToHold = null;
      links.forEach(Link::release);
      faults.notifyAll();
    }
  }

  /** Holds each piece of a request or reply back for this long. */
  public void delay(Duration delay) {
    delayNanos = delay.toNanos();
  }

  /** Requests reach the server, replies vanish, and no connection ends. */
  public void halfOpen() {
    mode = Mode.HALF_OPEN;
  }

  /** Connections are accepted and stay open, and no byte passes until {@link #forward()}. */
  public void blackHole() {
    mode = Mode.BLACK_HOLE;
  }

  /** Resets every connection now; new ones are served. */
  public void cut() {
    links.forEach(Link::cut);
  }

  /** Resets the connection once this many more bytes of replies have passed; once. */
  public void cutAfterReplyBytes(long bytes) {
    synchronized (faults) {
      replyBytesToCut = bytes;
    }
  }

  /**
   * Resets the connection in place of the reply to the next request that contains this text: the
   * server has carried it out, and nobody is told; once.
   */
  public void cutReplyTo(String request) {
    synchronized (faults) {
      requestToCut = request;
    }
  }

  /**
   * Stops the connection's requests at the next one that contains this text: the server never sees
   * it if {@link #cut()} comes before {@link #forward()}; once.
   */
  public void holdRequest(String request) {
    synchronized (faults) {
      requestToHold = request;
    }
  }

  /**
   * Stops the connection's replies at the one to the next request that contains this text: the
   * server has carried it out, and its client waits; once.
   */
  public void holdReplyTo(String request) {
    synchronized (faults) {
      replyToHold = request;
    }
  }

  /** How many requests and replies were held. */
  public int holds() {
    return holds.get();
  }

  /** How many connections were accepted. */
  public int connections() {
    return connections.get();
  }

  /** How many connections were reset on purpose. */
  public int cuts() {
    return cuts.get();
  }

  /** How many pieces were held back. */
  public int delays() {
    return delays.get();
  }

  /** How many bytes vanished or were held in a black hole. */
  public long swallowedBytes() {
    return swallowed.get();
  }

  /** How many connections were accepted in a black hole: not a byte of theirs is looked at. */
  public int heldConnections() {
    return held.get();
  }

  @Override
  public void close() {
    forward();
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException("proxy on port " + port(), e);
    }
    links.forEach(Link::reset);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        connections.incrementAndGet();
        thread("fault-proxy-connect", () -> connect(client));
      } catch (IOException e) {
        // Closed, or a client that has gone already: the loop's condition tells.
      }
    }
  }

  private void connect(Socket client) {
    try {
      if (mode == Mode.BLACK_HOLE) {
        held.incrementAndGet();
      }
      awaitPassage(0);
      Link link = new Link(client, new Socket(targetHost, targetPort));
      links.add(link);
      thread("fault-proxy-requests", link::requests);
      thread("fault-proxy-replies", link::replies);
    } catch (IOException | InterruptedException e) {
      reset(client);
    }
  }

  private void awaitPassage(int bytes) throws InterruptedException {
    synchronized (faults) {
      if (mode == Mode.BLACK_HOLE) {
        swallowed.addAndGet(bytes);
      }
      while (mode == Mode.BLACK_HOLE) {
        faults.wait();
      }
    }
    long delay = delayNanos;
    if (delay > 0 && bytes > 0) {
      delays.incrementAndGet();
      long end = System.nanoTime() + delay;
      for (long left = delay; left > 0; left = end - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }
  }

  private static void thread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void reset(Socket socket) {
    try {
      // Linger 0 makes close() send RST instead of FIN.
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It was closed already.
    }
  }

  /** One client and its connection to the server. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean cutNextReply;

    /** Guarded by the faults' lock, as all that follow. */
    private boolean requestsHeld;

    private boolean repliesHeld;
    private boolean ended;

    Link(Socket client, Socket server) throws IOException {
      // Else each request that passes in several pieces waits 40 ms for the kernel's
      // acknowledgement of the piece before: a delay that nobody asked for.
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      this.client = client;
      this.server = server;
    }

    void requests() {
      byte[] chunk = new byte[CHUNK];
      try {
        InputStream in = client.getInputStream();
        OutputStream out = server.getOutputStream();
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
          awaitPassage(n);
          look(new String(chunk, 0, n, StandardCharsets.ISO_8859_1));
          out.write(chunk, 0, n);
        }
        end();
      } catch (IOException | InterruptedException e) {
        reset();
      }
    }

    /** Arms what waits for this request, and holds it back as long as that is asked for. */
    private void look(String request) throws IOException, InterruptedException {
      synchronized (faults) {
        if (isIn(request, requestToCut)) {
          requestToCut = null;
          cutNextReply = true;
        }
        if (isIn(request, replyToHold)) {
          replyToHold = null;
          repliesHeld = true;
        }
        if (isIn(request, requestToHold)) {
          requestToHold = null;
          requestsHeld = true;
          holds.incrementAndGet();
        }
        while (requestsHeld && !ended) {
          faults.wait();
        }
        throwIfEnded();
      }
    }

    private void holdReply() throws IOException, InterruptedException {
      synchronized (faults) {
        if (repliesHeld) {
          holds.incrementAndGet();
        }
        while (repliesHeld && !ended) {
          faults.wait();
        }
        throwIfEnded();
      }
    }

    private void throwIfEnded() throws IOException {
      if (ended) {
        throw new IOException("the connection was cut");
      }
    }

    private static boolean isIn(String request, @Nullable String wanted) {
      return wanted != null && request.contains(wanted);
    }

    /** Under the faults' lock. */
    void release() {
      requestsHeld = false;
      repliesHeld = false;
    }

    void replies() {
      byte[] chunk = new byte[CHUNK];
      try {
        InputStream in = server.getInputStream();
        OutputStream out = client.getOutputStream();
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
          awaitPassage(n);
          holdReply();
          int pass = passing(n);
          out.write(chunk, 0, pass);
          if (pass < n && mode != Mode.HALF_OPEN) {
            out.flush();
            cut();
          }
        }
        end();
      } catch (IOException | InterruptedException e) {
        reset();
      }
    }

    private int passing(int n) {
      synchronized (faults) {
        int pass = n;
        if (mode == Mode.HALF_OPEN || cutNextReply) {
          pass = 0;
        } else if (replyBytesToCut >= 0 && replyBytesToCut < n) {
          pass = (int) replyBytesToCut;
          replyBytesToCut = -1;
        } else if (replyBytesToCut >= 0) {
          replyBytesToCut -= n;
        }
        swallowed.addAndGet(n - pass);
        return pass;
      }
    }

    /** One side has said goodbye: the other hears it too. */
    private void end() throws IOException {
      links.remove(this);
      client.close();
      server.close();
    }

    /** Counted before the client can notice: a test that has seen the cut finds it counted. */
    void cut() {
      if (links.remove(this)) {
        cuts.incrementAndGet();
        reset();
      }
    }

    void reset() {
      links.remove(this);
      synchronized (faults) {
        ended = true;
        faults.notifyAll();
      }
      FaultProxy.reset(client);
      FaultProxy.reset(server);
    }
  }
}
