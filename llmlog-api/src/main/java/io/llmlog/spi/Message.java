package io.llmlog.spi;

import java.time.Instant;
import java.util.UUID;

/** One message of the queue, as it was claimed. */
public final class Message {
  private final byte[] bytes;
  private final UUID identity;
  private final Instant claimedAt;
  private final boolean redelivered;

  /**
   * A message that nobody is known to have had before.
   *
   * @param bytes the message as the producer pushed it; kept, not copied
   * @param identity the same on every redelivery; the event's id where the message brings none
   * @param claimedAt the time of the first claim, the same on every redelivery; the event's time
   *     where the message brings none
   */
  public Message(byte[] bytes, UUID identity, Instant claimedAt) {
    this(bytes, identity, claimedAt, false);
  }

  /**
   * As {@link #Message(byte[], UUID, Instant)}.
   *
   * @param redelivered whether somebody had it before, who may have stored it
   */
  public Message(byte[] bytes, UUID identity, Instant claimedAt, boolean redelivered) {
    this.bytes = bytes;
    this.identity = identity;
    this.claimedAt = claimedAt;
    this.redelivered = redelivered;
  }

  /** The message itself, not a copy: do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  public UUID identity() {
    return identity;
  }

  public Instant claimedAt() {
    return claimedAt;
  }

  /**
   * Whether somebody had it before, who may have stored it. A hint for a writer that has a faster
   * way for what is new: a message without it may be stored already all the same.
   */
  public boolean redelivered() {
    return redelivered;
  }

  /** Size and identity, never the content. */
  @Override
  public String toString() {
    return "Message[" + identity + ", " + bytes.length + " bytes, claimed " + claimedAt + "]";
  }
}
