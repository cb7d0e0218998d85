package io.llmlog.spi;

import java.util.List;

/**
 * What became of a batch: {@code stored + duplicates + deadLetters.size()} is its size.
 *
 * @param stored new rows
 * @param duplicates messages whose row was there already, or that stood twice in the batch
 * @param deadLetters messages that can never be a row, kept with their bytes
 */
public record WriteResult(int stored, int duplicates, List<DeadLetter> deadLetters) {
  /**
   * @param index the place of the message in the batch
   * @param reason why it is no row, for a person
   * @param refused whether the store refused it, so that a setting of the store may be the cause;
   *     false where the message itself is to blame
   */
  public record DeadLetter(int index, String reason, boolean refused) {
    /** A message that is to blame itself. */
    public DeadLetter(int index, String reason) {
      this(index, reason, false);
    }
  }

  public WriteResult {
    deadLetters = List.copyOf(deadLetters);
  }

  /** How many messages it answers for. */
  public int size() {
    return stored + duplicates + deadLetters.size();
  }
}
