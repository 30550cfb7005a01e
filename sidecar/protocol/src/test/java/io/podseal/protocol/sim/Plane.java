package io.podseal.protocol.sim;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The data plane of one pod: it checks keys instead of encrypting. */
final class Plane {
  /** A child SA as it is installed. */
  static final class Child {
    final Action.InstallChild made;
    final Identity peer;
    final int inboundSpi;
    final int outboundSpi;
    final Bytes inboundKey;
    final Bytes outboundKey;
    final Instant installedAt;
    Endpoint remote;
    boolean encapsulated;
    Instant lastInbound = Instant.MIN;
    Instant lastOutbound = Instant.MIN;
    @Nullable Instant lastReport;
    boolean heard;
    boolean removed;

    /** Where else the peer was heard from last, once that is reported. */
    @Nullable Endpoint moveReported;

    /** The peer's half, and since when we have been sending without it. */
    @Nullable Child otherHalf;

    @Nullable Instant blindSince;

    Instant lastTraffic() {
      return lastInbound.isAfter(lastOutbound) ? lastInbound : lastOutbound;
    }

    /** Whether something was sent and nothing has come after it, so that time alone matters. */
    boolean isUnanswered() {
      return !lastOutbound.equals(Instant.MIN) && !lastOutbound.isBefore(lastInbound);
    }

    @Override
    public String toString() {
      return "sends on %08x to %s, which is SPI %08x there"
          .formatted(inboundSpi, peer, outboundSpi);
    }

    Child(Action.InstallChild c, Instant now) {
      made = c;
      encapsulated = c.encapsulated();
      peer = c.peer();
      inboundSpi = c.keys().inboundSpi();
      outboundSpi = c.keys().outboundSpi();
      inboundKey = c.keys().inbound().use(Bytes::copyOf);
      outboundKey = c.keys().outbound().use(Bytes::copyOf);
      remote = c.remote();
      installedAt = now;
      c.keys().destroy();
    }
  }

  /** Packets that wait for an SA, per peer; the oldest goes first (decision 16 of the design). */
  private static final int HELD = 64;

  private final String name;
  private final Map<Integer, Child> installed = new TreeMap<>();
  private final Map<Identity, Child> outbound = new HashMap<>();
  private final Map<Identity, Deque<Integer>> waiting = new HashMap<>();

  Plane(String name) {
    this.name = name;
  }

  Collection<Child> children() {
    return installed.values();
  }

  @Nullable Child byInbound(int spi) {
    return installed.get(spi);
  }

  /** What the packets to {@code peer} go out on. */
  @Nullable Child outbound(Identity peer) {
    return outbound.get(peer);
  }

  Map<Identity, Child> outbound() {
    return outbound;
  }

  /** Keeps a packet for which there is no SA yet. */
  void hold(Identity peer, int number) {
    Deque<Integer> held = waiting.computeIfAbsent(peer, i -> new ArrayDeque<>());
    held.add(number);
    if (held.size() > HELD) {
      held.removeFirst();
    }
  }

  void stopSending(int spi) {
    Child child = required(spi);
    outbound.remove(child.peer, child);
  }

  Child required(int spi) {
    Child child = installed.get(spi);
    if (child == null) {
      throw new AssertionError(name + " uses SPI " + Integer.toHexString(spi) + ", not installed");
    }
    return child;
  }

  Child install(Action.InstallChild c, Instant now) {
    Child child = new Child(c, now);
    if (installed.put(child.inboundSpi, child) != null) {
      throw new AssertionError(name + " installs an SPI twice");
    }
    return child;
  }

  void select(Child child) {
    outbound.put(child.peer, child);
  }

  /** The packets that waited for an SA with {@code peer}, in order. */
  List<Integer> released(Identity peer) {
    Deque<Integer> numbers = waiting.remove(peer);
    return numbers == null ? List.of() : new ArrayList<>(numbers);
  }

  void move(Action.MoveRemote move) {
    Child child = required(move.inboundSpi());
    child.remote = move.to();
    child.encapsulated = move.encapsulated();
  }

  void remove(int spi) {
    Child gone = required(spi);
    gone.removed = true;
    installed.remove(spi);
    outbound.remove(gone.peer, gone);
  }

  /** The process died. */
  void clear() {
    installed.values().forEach(c -> c.removed = true);
    installed.clear();
    outbound.clear();
    waiting.clear();
  }
}
