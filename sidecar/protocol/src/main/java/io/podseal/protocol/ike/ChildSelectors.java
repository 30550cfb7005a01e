package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.AddressSubstitution;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.Narrowing;
import io.podseal.protocol.policy.Narrowing.Narrowed;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Traffic selectors and mode of a child SA: what we ask for, what we answer, and what we make of an
 * answer (RFC 7296 §2.9), with addresses substituted where a NAT stands between in transport mode
 * (§2.23.1).
 */
final class ChildSelectors {
  private final Peer peer;
  private final InetAddress self;
  private final boolean weAreBehindNat;

  /**
   * @param weAreBehindNat then the peer knows us by our NAT's address
   */
  ChildSelectors(Peer peer, InetAddress self, boolean weAreBehindNat) {
    this.peer = peer;
    this.self = self;
    this.weAreBehindNat = weAreBehindNat;
  }

  static ChildSelectors of(SaCore core) {
    return new ChildSelectors(core.peer(), core.localAddress(), core.behindNat());
  }

  /**
   * A responder's choice.
   *
   * @param answer seen from our end, with the addresses that the peer knows
   * @param additionalPossible for N(ADDITIONAL_TS_POSSIBLE)
   */
  record Choice(ChildTraffic traffic, TrafficSelectors answer, boolean additionalPossible) {}

  /** TSi and TSr of a request or an answer. */
  static List<TsPayload> payloads(TrafficSelectors selectors, boolean weAreInitiator) {
    TrafficSelectors s = weAreInitiator ? selectors : selectors.reversed();
    return List.of(new TsPayload(true, s.local()), new TsPayload(false, s.remote()));
  }

  /** What we ask for at a peer whose address is {@code remote}. */
  ChildTraffic wanted(InetAddress remote) {
    ChildPolicy policy = peer.child();
    boolean transport = policy.modes().allows(ChildMode.TRANSPORT);
    return new ChildTraffic(
        transport ? ChildMode.TRANSPORT : ChildMode.TUNNEL,
        transport ? policy.transport(self, remote) : policy.tunnel(self, peer.addresses()),
        remote);
  }

  /** What an answer to {@code wanted} agrees to; empty when it is none, or none that we can use. */
  Optional<ChildTraffic> accept(IkeMessage answer, ChildTraffic wanted) {
    TrafficSelectors received = received(answer, true);
    if (wanted.mode() == ChildMode.TRANSPORT && answer.has(NotifyType.USE_TRANSPORT_MODE)) {
      // The peer says, as we do, that it is behind a NAT: TSr stands for where we sent to. TSi
      // stands for us: only the peer can know whether our address is changed on its way.
      AddressSubstitution substitution =
          new AddressSubstitution(Optional.of(self), Optional.of(wanted.remoteInner()));
      return substitution
          .apply(received)
          .filter(s -> Narrowing.isAnswer(s, wanted.selectors()))
          .map(s -> transport(s, wanted.remoteInner(), received));
    }
    // §1.3.1: without the notify the SA is in tunnel mode, whatever was asked for.
    return Optional.of(received)
        .filter(s -> peer.child().modes().allows(ChildMode.TUNNEL))
        .filter(s -> !answer.has(NotifyType.USE_TRANSPORT_MODE))
        .filter(s -> Narrowing.isAnswer(s, wanted.selectors()))
        .map(s -> new ChildTraffic(ChildMode.TUNNEL, s, wanted.remoteInner()));
  }

  /**
   * What we answer to a request.
   *
   * @param source where it came from
   */
  Optional<Choice> choose(IkeMessage request, InetAddress source) {
    TrafficSelectors offered = received(request, false);
    Optional<Choice> transport =
        request.has(NotifyType.USE_TRANSPORT_MODE)
                && peer.child().modes().allows(ChildMode.TRANSPORT)
            ? transport(offered, source)
            : Optional.empty();
    return transport.or(() -> tunnel(offered));
  }

  /** Whether the request would be acceptable if it asked for transport mode. */
  boolean lacksOnlyTransportMode(IkeMessage request, InetAddress source) {
    return peer.child().modes() == ChildPolicy.Modes.TRANSPORT
        && !request.has(NotifyType.USE_TRANSPORT_MODE)
        && transport(received(request, false), source).isPresent();
  }

  private Optional<Choice> transport(TrafficSelectors offered, InetAddress source) {
    Optional<InetAddress> ours = ourAddressIfChanged();
    AddressSubstitution seen = new AddressSubstitution(ours, Optional.of(source));
    AddressSubstitution claimed = new AddressSubstitution(ours, Optional.empty());
    return seen.apply(offered)
        .filter(s -> peer.child().natSubstitution())
        .flatMap(this::narrowToTransport)
        // A pod claims the address that is listed for it, though a NAT may have changed it.
        .or(() -> claimed.apply(offered).flatMap(this::narrowToTransport))
        .map(n -> transportChoice(n, source, offered));
  }

  /** Decision 5 of the design: who authenticated may use only the addresses listed for it. */
  private Optional<Narrowed> narrowToTransport(TrafficSelectors offered) {
    return Narrowing.narrow(
        offered, peer.child().entries(ChildMode.TRANSPORT, self, peer.addresses()));
  }

  private Choice transportChoice(Narrowed n, InetAddress source, TrafficSelectors offered) {
    TrafficSelectors selectors = n.selectors();
    InetAddress inner =
        peer.addresses().stream()
            .filter(a -> selectors.remote().getFirst().at(a).equals(selectors.remote().getFirst()))
            .findFirst()
            .orElseThrow();
    // §2.23.1: the answer shows the addresses that were substituted.
    TrafficSelectors answer =
        new AddressSubstitution(Optional.empty(), Optional.of(source))
            .apply(selectors)
            .orElseThrow();
    return new Choice(transport(selectors, inner, offered), answer, n.additionalPossible());
  }

  /**
   * @param received each side of which names one address
   */
  private static ChildTraffic transport(
      TrafficSelectors selectors, InetAddress inner, TrafficSelectors received) {
    boolean translated =
        !address(received.local()).equals(address(selectors.local()))
            || !address(received.remote()).equals(address(selectors.remote()));
    return new ChildTraffic(ChildMode.TRANSPORT, selectors, inner, translated);
  }

  private static Bytes address(List<TrafficSelector> selectors) {
    return selectors.getFirst().startAddress();
  }

  /** §2.23.1: without an entry for transport, what was substituted is undone. */
  private Optional<Choice> tunnel(TrafficSelectors offered) {
    if (!peer.child().modes().allows(ChildMode.TUNNEL)) {
      return Optional.empty();
    }
    return Narrowing.narrow(offered, peer.child().entries(ChildMode.TUNNEL, self, peer.addresses()))
        .map(n ->
            new Choice(
                new ChildTraffic(ChildMode.TUNNEL, n.selectors(), peer.addresses().getFirst()),
                n.selectors(),
                n.additionalPossible()));
  }

  private Optional<InetAddress> ourAddressIfChanged() {
    return weAreBehindNat ? Optional.of(self) : Optional.empty();
  }

  private static TrafficSelectors received(IkeMessage message, boolean weAreInitiator) {
    TrafficSelectors s =
        new TrafficSelectors(
            message.ts(true).map(TsPayload::selectors).orElse(List.of()),
            message.ts(false).map(TsPayload::selectors).orElse(List.of()));
    return weAreInitiator ? s : s.reversed();
  }
}
