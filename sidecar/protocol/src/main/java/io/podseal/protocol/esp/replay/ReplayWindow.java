package io.podseal.protocol.esp.replay;

import java.util.Arrays;

/**
 * Remembers which of the last sequence numbers have arrived (RFC 6479; RFC 4303 §3.4.3 and Appendix
 * A). Confined to one thread.
 *
 * <p>A ring of 64-bit words, one word longer than the window, so that moving the window clears
 * whole words and never shifts. Sequence numbers are the full unsigned 64 bits with and without
 * ESN, which leaves no overflow near 2^32.
 */
public final class ReplayWindow {
  private static final int WORD_SHIFT = 6;
  private static final int WORD_BITS = 1 << WORD_SHIFT;

  private final int size;
  private final long[] ring;
  private final int indexMask;
  private long top;

  /**
   * @param size numbers that may arrive late, counted from the highest one; at least 32 (RFC 4303
   *     §3.4.3)
   */
  public ReplayWindow(int size) {
    if (size < 32) {
      throw new IllegalArgumentException("replay window of " + size + " is under 32");
    }
    int words = (size + WORD_BITS - 1) / WORD_BITS + 1;
    this.size = size;
    this.ring = new long[Integer.highestOneBit(words - 1) << 1];
    this.indexMask = ring.length - 1;
  }

  /** Highest sequence number marked so far, 0 before the first. */
  public long top() {
    return top;
  }

  /** Whether {@code sequence} lies left of the window and can no longer be judged. */
  public boolean isTooOld(long sequence) {
    return Long.compareUnsigned(sequence, top) <= 0
        && Long.compareUnsigned(top - sequence, size) >= 0;
  }

  /** Whether {@code sequence} lies in the window and was marked before. */
  public boolean isSeen(long sequence) {
    return Long.compareUnsigned(sequence, top) <= 0
        && !isTooOld(sequence)
        && (ring[word(sequence)] & bit(sequence)) != 0;
  }

  /**
   * Marks an authenticated {@code sequence} and moves the window to it when it is the highest.
   *
   * @return false, and nothing changed, when it is 0, too old or seen: of two copies that passed a
   *     check together, one wins
   */
  public boolean mark(long sequence) {
    if (sequence == 0 || isTooOld(sequence) || isSeen(sequence)) {
      return false;
    }
    if (Long.compareUnsigned(sequence, top) > 0) {
      advance(sequence);
    }
    ring[word(sequence)] |= bit(sequence);
    return true;
  }

  /**
   * The full number of which only the low half was sent (RFC 4303 Appendix A2.2).
   *
   * @return 0 when it would lie before the first number of the SA
   */
  public long infer(int low) {
    long seqLow = Integer.toUnsignedLong(low);
    long topLow = top & 0xffffffffL;
    long topHigh = top >>> 32;
    long bottomLow = (topLow - size + 1) & 0xffffffffL;
    long high;
    if (topLow >= size - 1) {
      high = seqLow >= bottomLow ? topHigh : topHigh + 1;
    } else if (seqLow >= bottomLow) {
      // The window straddles two values of the high half and this is from the lower.
      if (topHigh == 0) {
        return 0;
      }
      high = topHigh - 1;
    } else {
      high = topHigh;
    }
    return high << 32 | seqLow;
  }

  private void advance(long sequence) {
    long from = top >>> WORD_SHIFT;
    long to = sequence >>> WORD_SHIFT;
    if (to - from >= ring.length) {
      Arrays.fill(ring, 0);
    } else {
      for (long w = from + 1; w <= to; w++) {
        ring[(int) w & indexMask] = 0;
      }
    }
    top = sequence;
  }

  private int word(long sequence) {
    return (int) (sequence >>> WORD_SHIFT) & indexMask;
  }

  private static long bit(long sequence) {
    return 1L << (sequence & (WORD_BITS - 1));
  }
}
