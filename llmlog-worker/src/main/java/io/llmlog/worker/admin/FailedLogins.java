package io.llmlog.worker.admin;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Slows down whoever guesses the token: ten wrong ones from one address, or a hundred from all of
 * them, and a further try is refused, right or wrong, until it is time for one more. An address
 * that has shown the right token is not held up by the others. Safe for use by several threads.
 */
final class FailedLogins {
  static final int PER_ADDRESS = 10;
  static final int OVERALL = 100;
  private static final Duration ADDRESS_PAUSE = Duration.ofSeconds(6);
  private static final Duration OVERALL_PAUSE = Duration.ofMillis(600);

  /** One attacker may have many addresses; the bound over all of them does not forget. */
  private static final int MOST_ADDRESSES = 10_000;

  private static final Duration TRUSTED = Duration.ofHours(12);
  private static final int V6_NETWORK = 8;

  private final Ticker ticker;
  private final Cache<String, Allowance> addresses;
  private final Cache<String, Boolean> trusted;
  private final Allowance overall;

  FailedLogins() {
    this(Ticker.systemTicker());
  }

  FailedLogins(Ticker ticker) {
    this.ticker = ticker;
    this.overall = new Allowance(OVERALL, OVERALL_PAUSE, ticker.read());
    this.addresses =
        Caffeine.newBuilder()
            .maximumSize(MOST_ADDRESSES)
            .expireAfterAccess(ADDRESS_PAUSE.multipliedBy(PER_ADDRESS))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
    this.trusted =
        Caffeine.newBuilder()
            .maximumSize(MOST_ADDRESSES)
            .expireAfterWrite(TRUSTED)
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  /** How many seconds this address has to wait before its next try; 0: none. */
  synchronized long waitSeconds(String address) {
    String key = network(address);
    long now = ticker.read();
    Allowance own = addresses.getIfPresent(key);
    long wait = own == null ? 0 : own.waitNanos(now);
    if (trusted.getIfPresent(key) == null) {
      wait = Math.max(wait, overall.waitNanos(now));
    }
    return wait == 0 ? 0 : Duration.ofNanos(wait).toSeconds() + 1;
  }

  synchronized void failed(String address) {
    long now = ticker.read();
    addresses
        .get(network(address), key -> new Allowance(PER_ADDRESS, ADDRESS_PAUSE, now))
        .take(now);
    overall.take(now);
  }

  synchronized void succeeded(String address) {
    trusted.put(network(address), true);
  }

  /** Whoever has an address of IPv6 has a network full of them. */
  static String network(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    int zone = address.indexOf('%');
    try {
      byte[] bytes =
          InetAddress.getByName(zone < 0 ? address : address.substring(0, zone)).getAddress();
      return HexFormat.of().formatHex(bytes, 0, Math.min(V6_NETWORK, bytes.length));
    } catch (UnknownHostException e) {
      return address;
    }
  }

  /** So many at once, and one more after each pause. Not thread-safe. */
  private static final class Allowance {
    private final int most;
    private final long pauseNanos;
    private double left;
    private long at;

    Allowance(int most, Duration pause, long now) {
      this.most = most;
      this.pauseNanos = pause.toNanos();
      this.left = most;
      this.at = now;
    }

    void take(long now) {
      refill(now);
      left = Math.max(0, left - 1);
    }

    long waitNanos(long now) {
      refill(now);
      return left >= 1 ? 0 : (long) ((1 - left) * pauseNanos) + 1;
    }

    private void refill(long now) {
      left = Math.min(most, left + (double) (now - at) / pauseNanos);
      at = now;
    }
  }
}
