package io.podseal.protocol.sim;

import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.ike.endpoint.SpisInUse;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What must hold after every event, in one host and between two.
 *
 * <p>At every moment:
 *
 * <ul>
 *   <li>The SPIs that the data plane receives on are those of the endpoint's children, each owned
 *       by one IKE SA: none is orphaned, none forgotten.
 *   <li>Nothing is kept of an IKE SA that is over.
 *   <li>At most one child carries a peer's traffic, and it is the one the data plane sends on.
 *   <li>A child is selected for sending only after the peer has installed its half (decision 11 of
 *       the design). The exception is a responder whose peer has not been heard for {@link
 *       IkeTimers#RESPONDER_SENDS_AFTER}, or whose older child is over: its answer may have been
 *       lost.
 *   <li>Two children that share an SPI pair hold the same keys and selectors, crosswise, and have
 *       one mode and one suite.
 *   <li>No peer makes a host keep more than {@link Limits#ESTABLISHED_PER_PEER} established SAs, or
 *       more than {@link Limits#IKE_SAS_PER_PEER} in all, but for what was under way when it had so
 *       many; and no more children than both limits of these allow.
 * </ul>
 *
 * <p>Within a bound:
 *
 * <ul>
 *   <li>Who sends on a child that the peer no longer has, because it restarted, gave up or deleted
 *       it and its Delete was lost, finds out in {@link #BLIND} and stops; also if the peer never
 *       got the answer that makes the child, once it no longer asks for it.
 *   <li>Who has a usable child of an established IKE SA selects one in {@link #UNSELECTED}.
 *   <li>An SPI that is given out and no child's belongs to an exchange under way, which ends in
 *       {@link #OFFERED}: none leaks.
 * </ul>
 *
 * <p>That each pair ends with one IKE SA and one child holds when the network has been quiet, and
 * is asserted there by each test.
 */
final class StateInvariants {
  /** Liveness interval, the longest wait for an answer, and the pause between two reports. */
  static final Duration BLIND =
      IkeTimers.ESTABLISHED_TIMEOUT.plus(Duration.ofSeconds(10)).plus(Duration.ofSeconds(30));

  /** A handshake and a rekey of our own may have been under way when the limit was reached. */
  private static final int SAS_PER_PEER = Limits.IKE_SAS_PER_PEER + 2;

  /** A rekey of each end may have been under way when the limit was reached. */
  private static final int CHILDREN_PER_SA =
      Limits.CHILDREN_PER_SA + Limits.LEAVING_CHILDREN_PER_SA + 2;

  /** A responder waits so long for proof that the peer receives; and a moment. */
  private static final Duration UNSELECTED = IkeTimers.RESPONDER_SENDS_AFTER.plusMillis(50);

  /** Two messages that are both answered at the last moment, and what fragments add to each. */
  private static final Duration OFFERED =
      IkeTimers.ESTABLISHED_TIMEOUT.plus(Duration.ofSeconds(10)).multipliedBy(2);

  private static final Set<String> LEAVING = Set.of("DELETING", "LINGERING");

  private static final Set<String> USABLE = Set.of("ACTIVE", "REKEYING");

  private final Map<Bytes, Plane.Child> byInboundKey = new HashMap<>();

  /** Since when something lasts that must not last long, at each host. */
  private final Map<Host, Map<Integer, Instant>> unselected = new HashMap<>();

  private final Map<Host, Map<Integer, Instant>> offered = new HashMap<>();

  private final Function<Identity, Host> hosts;
  private boolean forged;

  StateInvariants(Function<Identity, Host> hosts) {
    this.hosts = hosts;
  }

  /** From here on a test speaks for a host with its keys: the two ends may disagree. */
  void forged() {
    forged = true;
  }

  /** The process has died and what was open with it. */
  void restarted(Host host) {
    unselected.remove(host);
    offered.remove(host);
  }

  void installed(Host host, Plane.Child child) {
    if (byInboundKey.put(child.inboundKey, child) != null) {
      throw new AssertionError(host.identity + " receives with a key that another child has used");
    }
    Plane.Child other = byInboundKey.get(child.outboundKey);
    if (other != null) {
      other.blindSince = null;
    }
  }

  /** The peer's half of {@code child}, once it has been installed, even if it is gone again. */
  private Plane.@Nullable Child otherHalf(Plane.Child child) {
    Plane.Child other = child.otherHalf;
    if (other == null) {
      other = byInboundKey.get(child.outboundKey);
      child.otherHalf = other;
    }
    return other;
  }

  void selected(Host host, Plane.Child child, boolean olderIsOver, Instant now) {
    if (forged) {
      return;
    }
    Plane.Child other = otherHalf(child);
    if (other == null) {
      Duration age = Duration.between(child.installedAt, now);
      if (!olderIsOver && age.compareTo(IkeTimers.RESPONDER_SENDS_AFTER) < 0) {
        throw new AssertionError(
            "%s sends on SPI %x, %s old, before its peer receives there"
                .formatted(host.identity, child.outboundSpi, age));
      }
    } else if (other.inboundSpi != child.outboundSpi
        || other.outboundSpi != child.inboundSpi
        || !other.outboundKey.equals(child.inboundKey)
        || other.made.mode() != child.made.mode()
        || !other.made.selectors().equals(child.made.selectors().reversed())
        || !other.made.keys().suite().equals(child.made.keys().suite())) {
      throw new AssertionError(host.identity + " and its peer see one child differently");
    }
  }

  /**
   * A packet leaves on {@code child}.
   *
   * @param now by a clock that neither leaps nor runs while the host is stopped
   */
  void sends(Host host, Plane.Child child, Instant now) {
    if (forged) {
      return;
    }
    Plane.Child other = otherHalf(child);
    if (other != null && !other.removed) {
      child.blindSince = null;
    } else if (isClosing(hosts.apply(child.peer), host)
        || (other == null && asksFor(hosts.apply(child.peer), child.outboundSpi))) {
      // Whoever waits for an answer, to its Delete too, says that it lives, if it is asked.
      return;
    } else if (child.blindSince == null) {
      child.blindSince = now;
    } else if (child.blindSince.plus(BLIND).isBefore(now)) {
      throw new AssertionError(
          "%s sends on SPI %x since %s, which its peer does not have"
              .formatted(host.identity, child.outboundSpi, child.blindSince));
    }
  }

  private static boolean isClosing(Host host, Host with) {
    return host.endpoint().view().stream()
        .anyMatch(sa -> sa.phase() == SaPhase.CLOSING && sa.peer().equals(with.identity.name()));
  }

  private static boolean asksFor(Host host, int spi) {
    return SpisInUse.of(host.endpoint()).contains(spi);
  }

  /**
   * Compares what the endpoint says with what the data plane has.
   *
   * @param now by a clock that neither leaps nor runs while the host is stopped
   */
  void check(Host host, Instant now) {
    Map<Integer, IkeSaView.Child> owned = new HashMap<>();
    Map<String, Integer> carrying = new HashMap<>();
    Map<String, Integer> sas = new HashMap<>();
    Map<String, Integer> established = new HashMap<>();
    Map<Integer, String> sendable = new HashMap<>();
    for (IkeSaView sa : host.endpoint().view()) {
      if (sa.phase() == SaPhase.DEAD) {
        throw new AssertionError(host.identity + " keeps the dead IKE SA " + sa.spis());
      }
      if (sa.peer().isEmpty()) {
        continue;
      }
      sas.merge(sa.peer(), 1, Integer::sum);
      if (sa.phase() == SaPhase.ESTABLISHED) {
        established.merge(sa.peer(), 1, Integer::sum);
      }
      atMost(host, sa.children().size(), CHILDREN_PER_SA, "children of one IKE SA");
      for (IkeSaView.Child child : sa.children()) {
        if (owned.put(child.inboundSpi(), child) != null) {
          throw broken(host, "two SAs own SPI", child.inboundSpi());
        }
        if (sa.phase() == SaPhase.ESTABLISHED && USABLE.contains(child.stage())) {
          sendable.put(child.inboundSpi(), sa.peer());
        }
        if (child.carriesTraffic() && carrying.put(sa.peer(), child.inboundSpi()) != null) {
          throw broken(host, "two children carry the traffic of " + sa.peer(), child.inboundSpi());
        }
      }
    }
    sas.values().forEach(n -> atMost(host, n, SAS_PER_PEER, "IKE SAs with one peer"));
    established
        .values()
        .forEach(n -> atMost(host, n, Limits.ESTABLISHED_PER_PEER, "established IKE SAs"));
    comparePlane(host, owned, carrying);
    host.plane.outbound().keySet().forEach(peer -> sendable.values().removeIf(peer.name()::equals));
    lasts(host, now, unselected, sendable.keySet(), UNSELECTED, "sends on nothing, and has SPI");
    compareSpis(host, owned.keySet(), now);
  }

  private void compareSpis(Host host, Set<Integer> ofChildren, Instant now) {
    Set<Integer> others = new HashSet<>(SpisInUse.of(host.endpoint()));
    for (int spi : ofChildren) {
      if (!others.remove(spi)) {
        throw broken(host, "a child has the free SPI", spi);
      }
    }
    lasts(host, now, offered, others, OFFERED, "never releases SPI");
  }

  /** Fails if one of {@code all} has been among those of every check for longer than allowed. */
  private <T> void lasts(
      Host host,
      Instant now,
      Map<Host, Map<T, Instant>> since,
      Set<T> all,
      Duration allowed,
      String what) {
    if (forged) {
      return;
    }
    Map<T, Instant> ofHost = since.computeIfAbsent(host, h -> new HashMap<>());
    // Nothing changes between two checks: what was so at the last one was so until now.
    ofHost.forEach((one, at) -> {
      if (at.plus(allowed).isBefore(now)) {
        throw new AssertionError(
            "%s %s %s since %s; its IKE SAs: %s"
                .formatted(host.identity, what, one, at, host.endpoint().view()));
      }
    });
    ofHost.keySet().retainAll(all);
    all.forEach(one -> ofHost.putIfAbsent(one, now));
  }

  private static void comparePlane(
      Host host, Map<Integer, IkeSaView.Child> owned, Map<String, Integer> carrying) {
    int installed = 0;
    for (Plane.Child child : host.plane.children()) {
      installed++;
      if (!owned.containsKey(child.inboundSpi)) {
        throw broken(host, "no SA owns installed SPI", child.inboundSpi);
      }
    }
    if (installed != owned.size()) {
      throw new AssertionError(
          host.identity + " has children that are not installed: " + owned.keySet());
    }
    for (Map.Entry<Identity, Plane.Child> sending : host.plane.outbound().entrySet()) {
      Integer carrier = carrying.remove(sending.getKey().name());
      int spi = sending.getValue().inboundSpi;
      // A child that goes is used as long as its successor may not be.
      IkeSaView.Child child = owned.get(spi);
      boolean last = carrier == null && child != null && LEAVING.contains(child.stage());
      if (!last && !Integer.valueOf(spi).equals(carrier)) {
        throw broken(host, "does not know that it sends on", spi);
      }
    }
    if (!carrying.isEmpty()) {
      throw new AssertionError(host.identity + " believes to send on " + carrying);
    }
  }

  private static void atMost(Host host, int count, int bound, String what) {
    if (count > bound) {
      throw new AssertionError(host.identity + " keeps " + count + " " + what);
    }
  }

  private static AssertionError broken(Host host, String what, int spi) {
    return new AssertionError(
        "%s: %s %08x; its IKE SAs: %s".formatted(host.identity, what, spi, host.endpoint().view()));
  }
}
