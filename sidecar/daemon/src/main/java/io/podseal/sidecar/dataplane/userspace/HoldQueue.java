package io.podseal.sidecar.dataplane.userspace;

import io.podseal.protocol.telemetry.DropReason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Keeps packets of peers that have no SA yet, by peer identity, and says when sealing should be
 * asked for. Confined to podseal-tx; times are {@link System#nanoTime}.
 */
final class HoldQueue {
  static final int PACKETS_PER_PEER = 64;
  static final int OCTETS_PER_PEER = 256 * 1024;
  static final int OCTETS = 4 * 1024 * 1024;
  static final Duration AGE = Duration.ofSeconds(2);
  static final Duration ASK_EVERY = Duration.ofMillis(500);

  /** Decides about a held packet whose turn has come. */
  @FunctionalInterface
  interface Release {
    /** True when the packet was dealt with, false to keep it. */
    boolean tryRelease(byte[] packet, String peerIdentity);
  }

  private static final class Held {
    private final byte[] packet;
    private final long expires;

    private Held(byte[] packet, long expires) {
      this.packet = packet;
      this.expires = expires;
    }
  }

  private static final class Peer {
    private final ArrayDeque<Held> packets = new ArrayDeque<>();
    private int octets;
    private long askedAt;
  }

  private final Map<String, Peer> peers = new HashMap<>();
  private final DropCounters drops;
  private int octets;

  HoldQueue(DropCounters drops) {
    this.drops = drops;
  }

  /**
   * Keeps a copy of the packet, or drops it when a limit is reached.
   *
   * @return whether sealing is to be asked for now
   */
  boolean hold(byte[] packet, int length, String peerIdentity, long now) {
    Peer peer = peers.get(peerIdentity);
    boolean ask = peer == null || now - peer.askedAt >= ASK_EVERY.toNanos();
    if (peer == null) {
      peer = new Peer();
      peers.put(peerIdentity, peer);
    }
    if (ask) {
      peer.askedAt = now;
    }
    if (peer.packets.size() == PACKETS_PER_PEER
        || peer.octets + length > OCTETS_PER_PEER
        || octets + length > OCTETS) {
      drops.count(DropReason.HOLD_QUEUE_FULL);
    } else {
      byte[] copy = new byte[length];
      System.arraycopy(packet, 0, copy, 0, length);
      peer.packets.add(new Held(copy, now + AGE.toNanos()));
      peer.octets += length;
      octets += length;
    }
    return ask;
  }

  boolean isEmpty() {
    return octets == 0;
  }

  /** Offers every held packet, those of one peer in their order; what is kept keeps its order. */
  void release(Release release) {
    for (Map.Entry<String, Peer> entry : peers.entrySet()) {
      Peer peer = entry.getValue();
      Iterator<Held> packets = peer.packets.iterator();
      while (packets.hasNext()) {
        Held held = packets.next();
        if (release.tryRelease(held.packet, entry.getKey())) {
          packets.remove();
          forget(peer, held);
        }
      }
    }
  }

  /** Drops what is too old, and peers that were not asked for lately. */
  void expire(long now) {
    Iterator<Peer> all = peers.values().iterator();
    while (all.hasNext()) {
      Peer peer = all.next();
      while (!peer.packets.isEmpty() && now - peer.packets.peek().expires >= 0) {
        forget(peer, peer.packets.remove());
        drops.count(DropReason.HOLD_EXPIRED);
      }
      if (peer.packets.isEmpty() && now - peer.askedAt >= ASK_EVERY.toNanos()) {
        all.remove();
      }
    }
  }

  /** Nanoseconds until something expires; empty when nothing waits. */
  OptionalLong nanosToExpiry(long now) {
    OptionalLong earliest = OptionalLong.empty();
    for (Peer peer : peers.values()) {
      long at =
          peer.packets.isEmpty() ? peer.askedAt + ASK_EVERY.toNanos() : peer.packets.peek().expires;
      long left = Math.max(0, at - now);
      if (earliest.isEmpty() || left < earliest.getAsLong()) {
        earliest = OptionalLong.of(left);
      }
    }
    return earliest;
  }

  private void forget(Peer peer, Held held) {
    peer.octets -= held.packet.length;
    octets -= held.packet.length;
  }
}
