package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Limits;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;

/**
 * How often a source gets an answer of one kind. The table is made once: strangers make nothing
 * grow. A source has one of a few places, which a keyed hash of its address names, so that nobody
 * knows who shares them; who finds them all taken takes that of the source that owes least, so that
 * a flood in many names does not make the busiest forgotten.
 */
final class AnswerRates {
  private static final int PLACES = 8;
  private static final int GROUPS = Limits.ANSWER_SOURCES / PLACES;

  /** In nanoseconds, like all times here. */
  private final long oneMoreEvery;

  private final long burst;
  private final long hashKey;
  private final long[] sources = new long[GROUPS * PLACES];

  /** When each source has paid for its answers: it may be ahead of the time by the burst. */
  private final long[] paidAt = new long[GROUPS * PLACES];

  private long time;
  private Instant seen = Instant.MAX;

  AnswerRates(int burst, int perSecond, long hashKey) {
    this.hashKey = hashKey;
    this.oneMoreEvery = Duration.ofSeconds(1).dividedBy(perSecond).toNanos();
    this.burst = burst * oneMoreEvery;
  }

  boolean mayAnswer(InetAddress source, Instant now) {
    passes(now);
    int place = place(number(source));
    long owed = Math.max(0, paidAt[place] - time) + oneMoreEvery;
    if (owed > burst) {
      return false;
    }
    paidAt[place] = time + owed;
    return true;
  }

  /** A clock that steps back gives and takes nothing; a leap pays what is owed, no more. */
  private void passes(Instant now) {
    if (now.isAfter(seen)) {
      Duration passed = Duration.between(seen, now);
      time += passed.compareTo(Duration.ofNanos(burst)) < 0 ? passed.toNanos() : burst;
    }
    seen = now;
  }

  /** Which places a source may have. */
  int group(InetAddress source) {
    return group(number(source));
  }

  private int group(long source) {
    return (int) Long.remainderUnsigned(mixed(mixed(source ^ hashKey) + hashKey), GROUPS);
  }

  private int place(long source) {
    int first = group(source) * PLACES;
    int cheapest = first;
    for (int place = first; place < first + PLACES; place++) {
      if (sources[place] == source) {
        return place;
      }
      if (paidAt[place] < paidAt[cheapest]) {
        cheapest = place;
      }
    }
    sources[cheapest] = source;
    paidAt[cheapest] = 0;
    return cheapest;
  }

  /** Two IPv6 addresses may share a number and so what they get; two IPv4 addresses do not. */
  private long number(InetAddress source) {
    ByteBuffer address = ByteBuffer.wrap(source.getAddress());
    return address.remaining() == 4
        ? address.getInt()
        : mixed(address.getLong() ^ hashKey) ^ address.getLong();
  }

  private static long mixed(long bits) {
    long product = bits * 0x9e3779b97f4a7c15L;
    return product ^ product >>> 32;
  }
}
