package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Gives out the SPIs this pod receives on: random, at least 0x100 (RFC 4303 §2.1), unique while in
 * use and for a while after. Confined to the engine thread.
 */
public final class SpiRegistry {
  private static final int RESERVED_BELOW = 0x100;

  private final RandomSource random;
  private final Set<Integer> inUse = new HashSet<>();
  private final Set<Integer> resting = new HashSet<>();
  private final Deque<Released> quarantine = new ArrayDeque<>();

  private record Released(int spi, Instant until) {}

  public SpiRegistry(RandomSource random) {
    this.random = random;
  }

  public int allocate() {
    while (true) {
      int spi = Bytes.copyOf(random.bytes(4)).s32(0);
      boolean free = !inUse.contains(spi) && !resting.contains(spi);
      if (Integer.compareUnsigned(spi, RESERVED_BELOW) >= 0 && free) {
        inUse.add(spi);
        return spi;
      }
    }
  }

  /** Nothing came of it, and nobody was told the SPI: no packet can carry it. */
  void takeBack(int spi) {
    inUse.remove(spi);
  }

  /** The SPI's SA has ended: late packets may still carry it. */
  public void release(int spi, Instant now) {
    inUse.remove(spi);
    resting.add(spi);
    quarantine.addLast(new Released(spi, now.plus(IkeTimers.SPI_QUARANTINE)));
    forget(now);
  }

  private void forget(Instant now) {
    while (!quarantine.isEmpty() && quarantine.getFirst().until().isBefore(now)) {
      resting.remove(quarantine.removeFirst().spi());
    }
  }

  /** Whether it is, or was until lately, an SPI of this process. */
  public boolean isOurs(int spi, Instant now) {
    forget(now);
    return inUse.contains(spi) || resting.contains(spi);
  }

  /** How many SPIs may not be given out: those in use, and those that were until lately. */
  public int taken(Instant now) {
    forget(now);
    return inUse.size() + resting.size();
  }

  /** Those of children, and those that are offered in exchanges under way. */
  public Set<Integer> inUse() {
    return Collections.unmodifiableSet(inUse);
  }
}
