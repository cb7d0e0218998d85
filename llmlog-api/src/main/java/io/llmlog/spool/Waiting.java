package io.llmlog.spool;

/**
 * How many events wait for a force, and how many of those are moved ones: see {@link SpoolCounts}.
 */
final class Waiting {
  int events;
  int moved;

  void add(boolean isMoved) {
    events++;
    moved += isMoved ? 1 : 0;
  }

  void remove(boolean isMoved) {
    events--;
    moved -= isMoved ? 1 : 0;
  }

  void take(Waiting other) {
    events += other.events;
    moved += other.moved;
    other.clear();
  }

  void clear() {
    events = 0;
    moved = 0;
  }
}
