package io.podseal.sidecar.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for the engine thread, bounded in number and in octets, so that strangers who send
 * faster than it works cannot fill the heap. Thread-safe.
 */
final class InputQueue {
  /** A handshake takes a millisecond, so this is a few seconds of work. */
  static final int INPUTS = 4096;

  /** Room beside {@link #INPUTS} for what authenticated packets say. */
  static final int PROVEN_INPUTS = 1024;

  /** A sixteenth of the sidecar's heap; all peers together keep less than this in flight. */
  static final int OCTETS = 4 * 1024 * 1024;

  private record Input(Runnable work, int octets) {}

  private final Deque<Input> inputs = new ArrayDeque<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();
  private int octets;

  /**
   * Adds work that anybody may cause and that keeps {@code octets} of the network's; false when
   * there is no room for it.
   */
  boolean offer(Runnable work, int octets) {
    lock.lock();
    try {
      if (inputs.size() >= INPUTS || this.octets + octets > OCTETS) {
        return false;
      }
      add(new Input(work, octets));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds work that only an authenticated packet causes, for which strangers leave room; false when
   * there is none.
   */
  boolean offerProven(Runnable work) {
    lock.lock();
    try {
      if (inputs.size() >= INPUTS + PROVEN_INPUTS) {
        return false;
      }
      add(new Input(work, 0));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Adds work of our own, which waits for its end and is therefore bounded by its callers. */
  void put(Runnable work) {
    lock.lock();
    try {
      add(new Input(work, 0));
    } finally {
      lock.unlock();
    }
  }

  private void add(Input input) {
    inputs.add(input);
    octets += input.octets();
    added.signal();
  }

  /** Returns the oldest, or empty when none came in {@code nanos}. */
  Optional<Runnable> poll(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (inputs.isEmpty()) {
        if (left <= 0) {
          return Optional.empty();
        }
        left = added.awaitNanos(left);
      }
      Input input = inputs.remove();
      octets -= input.octets();
      return Optional.of(input.work());
    } finally {
      lock.unlock();
    }
  }
}
