package io.podseal.protocol.ike;

import static io.podseal.protocol.policy.TrafficSelector.host;
import static io.podseal.protocol.policy.TrafficSelector.network;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.ChildPolicy.Modes;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Mode and selectors as each end of a pair sees them, with and without a NAT between. */
final class ChildSelectorsTest {
  private static final InetAddress SELF = address("10.0.0.1");
  private static final InetAddress PEER = address("10.0.0.2");
  private static final InetAddress OUR_NAT = address("203.0.113.1");
  private static final InetAddress PEER_NAT = address("203.0.113.2");
  private static final InetAddress FOREIGN = address("10.0.0.66");
  private static final TrafficSelectors HOSTS = TrafficSelectors.hosts(SELF, PEER);

  private static final ChildPolicy PREFERS_TRANSPORT =
      new ChildPolicy(Modes.TRANSPORT_PREFERRED, SecurityProtocol.ESP, List.of(), List.of(), true);
  private static final ChildPolicy NETWORK =
      ChildPolicy.tunnel(List.of(), List.of(network(address("192.168.0.0"), 16)));

  @Test
  void podsAgreeOnTransportModeForTheirTwoAddresses() {
    ChildTraffic wanted = selectors(ChildPolicy.BETWEEN_PODS, false).wanted(PEER);
    assertThat(wanted).isEqualTo(new ChildTraffic(ChildMode.TRANSPORT, HOSTS, PEER));

    ChildSelectors.Choice choice =
        selectors(ChildPolicy.BETWEEN_PODS, false)
            .choose(request(true, host(PEER), host(SELF)), PEER)
            .orElseThrow();

    assertThat(choice.traffic()).isEqualTo(wanted);
    assertThat(choice.answer()).isEqualTo(HOSTS);
    assertThat(choice.additionalPossible()).isFalse();
    assertThat(
            selectors(ChildPolicy.BETWEEN_PODS, false)
                .accept(answer(true, host(SELF), host(PEER)), wanted))
        .contains(wanted);
  }

  @Test
  void podsRefuseOtherAddressesNetworksAndTunnels() {
    ChildSelectors pods = selectors(ChildPolicy.BETWEEN_PODS, false);

    assertThat(pods.choose(request(true, host(FOREIGN), host(SELF)), PEER)).isEmpty();
    assertThat(pods.choose(request(true, host(PEER), host(FOREIGN)), PEER)).isEmpty();
    assertThat(pods.choose(request(true, network(PEER, 24), host(SELF)), PEER)).isEmpty();
    assertThat(pods.choose(request(true, host(PEER), network(SELF, 0)), PEER)).isEmpty();
    IkeMessage tunnel = request(false, host(PEER), host(SELF));
    assertThat(pods.choose(tunnel, PEER)).isEmpty();
    assertThat(pods.lacksOnlyTransportMode(tunnel, PEER)).isTrue();
    assertThat(pods.lacksOnlyTransportMode(request(false, host(FOREIGN), host(SELF)), PEER))
        .isFalse();
    ChildTraffic wanted = pods.wanted(PEER);
    assertThat(pods.accept(answer(false, host(SELF), host(PEER)), wanted)).isEmpty();
    assertThat(pods.accept(answer(true, network(SELF, 24), host(PEER)), wanted)).isEmpty();
    assertThat(pods.accept(answer(true, host(SELF)), wanted)).isEmpty();
  }

  @Test
  void podThatClaimsItsListedAddressIsKnownByItThroughANat() {
    ChildSelectors.Choice choice =
        selectors(ChildPolicy.BETWEEN_PODS, false)
            .choose(request(true, host(PEER), host(SELF)), PEER_NAT)
            .orElseThrow();

    assertThat(choice.traffic()).isEqualTo(new ChildTraffic(ChildMode.TRANSPORT, HOSTS, PEER));
    // §2.23.1: the answer shows the substituted address.
    assertThat(choice.answer()).isEqualTo(TrafficSelectors.hosts(SELF, PEER_NAT));
  }

  @Test
  void peerBehindANatIsKnownByTheAddressThatIsSeen() {
    InetAddress inside = address("192.168.7.7");
    Peer listedByNat = peer(PREFERS_TRANSPORT, PEER_NAT);

    ChildSelectors.Choice choice =
        new ChildSelectors(listedByNat, SELF, false)
            .choose(request(true, port(6, 4000, inside), host(inside), host(SELF)), PEER_NAT)
            .orElseThrow();

    assertThat(choice.traffic().remoteInner()).isEqualTo(PEER_NAT);
    assertThat(choice.traffic().selectors().remote())
        .containsExactly(port(6, 4000, PEER_NAT), host(PEER_NAT));
    assertThat(choice.answer()).isEqualTo(choice.traffic().selectors());
    assertThat(choice.traffic().translated()).isTrue();
  }

  @Test
  void weBehindANatAreMeantByTheAddressThatThePeerSees() {
    ChildSelectors behindNat = selectors(ChildPolicy.BETWEEN_PODS, true);

    ChildSelectors.Choice choice =
        behindNat.choose(request(true, host(PEER), host(OUR_NAT)), PEER).orElseThrow();
    ChildTraffic translated = new ChildTraffic(ChildMode.TRANSPORT, HOSTS, PEER, true);
    assertThat(choice.traffic()).isEqualTo(translated);

    ChildTraffic wanted = behindNat.wanted(PEER);
    assertThat(behindNat.accept(answer(true, host(OUR_NAT), host(PEER)), wanted))
        .contains(translated);
    assertThat(
            selectors(ChildPolicy.BETWEEN_PODS, false)
                .accept(answer(true, host(OUR_NAT), host(PEER)), wanted))
        .as("only the peer knows of a NAT between that changes our address alone")
        .contains(translated);
  }

  @Test
  void addressOfAPeerBehindANatInItsAnswerStandsForWhereWeSentTo() {
    ChildSelectors pods = selectors(ChildPolicy.BETWEEN_PODS, false);
    ChildTraffic wanted = pods.wanted(PEER_NAT);

    assertThat(pods.accept(answer(true, host(SELF), host(PEER)), wanted))
        .contains(
            new ChildTraffic(
                ChildMode.TRANSPORT, TrafficSelectors.hosts(SELF, PEER_NAT), PEER_NAT, true));
  }

  @Test
  void substitutionThatLeadsNowhereIsUndoneForTunnelMode() {
    InetAddress inside = address("192.168.7.7");
    ChildPolicy either =
        new ChildPolicy(
            Modes.TRANSPORT_PREFERRED,
            SecurityProtocol.ESP,
            List.of(),
            List.of(network(inside, 24)),
            true);

    ChildSelectors.Choice choice =
        new ChildSelectors(peer(either, PEER), SELF, false)
            .choose(request(true, host(inside), host(SELF)), PEER_NAT)
            .orElseThrow();

    assertThat(choice.traffic().mode()).isEqualTo(ChildMode.TUNNEL);
    assertThat(choice.traffic().selectors()).isEqualTo(TrafficSelectors.hosts(SELF, inside));
    assertThat(choice.answer()).isEqualTo(choice.traffic().selectors());
  }

  @Test
  void networksAreNarrowedInTunnelModeAndFirstSelectorsKept() {
    ChildSelectors gateway = selectors(NETWORK, false);
    assertThat(gateway.wanted(PEER).mode()).isEqualTo(ChildMode.TUNNEL);
    TrafficSelector first = port(6, 443, address("192.168.3.4"));

    ChildSelectors.Choice choice =
        gateway
            .choose(request(false, first, network(SELF, 0), network(SELF, 24)), PEER)
            .orElseThrow();

    assertThat(choice.traffic().selectors().local()).containsExactly(host(SELF));
    assertThat(choice.traffic().selectors().remote())
        .containsExactly(first, network(address("192.168.0.0"), 16));
    assertThat(choice.traffic().remoteInner()).isEqualTo(PEER);
    assertThat(gateway.choose(request(false, host(PEER), host(SELF)), PEER)).isEmpty();
  }

  @Test
  void transportThatIsPreferredMayBecomeATunnel() {
    ChildSelectors prefers = selectors(PREFERS_TRANSPORT, false);
    ChildTraffic wanted = prefers.wanted(PEER);

    assertThat(wanted.mode()).isEqualTo(ChildMode.TRANSPORT);
    assertThat(prefers.accept(answer(false, host(SELF), host(PEER)), wanted))
        .contains(new ChildTraffic(ChildMode.TUNNEL, HOSTS, PEER));
    assertThat(
            prefers
                .choose(request(false, host(PEER), host(SELF)), PEER)
                .orElseThrow()
                .traffic()
                .mode())
        .isEqualTo(ChildMode.TUNNEL);
  }

  @Test
  void narrowerAnswerIsTakenAsItIsAndAWiderOneIsNone() {
    ChildSelectors pods = selectors(ChildPolicy.BETWEEN_PODS, false);
    ChildTraffic wanted = pods.wanted(PEER);

    ChildTraffic narrow =
        pods.accept(answer(true, port(6, 80, SELF), host(PEER)), wanted).orElseThrow();

    assertThat(narrow.selectors().local()).containsExactly(port(6, 80, SELF));
    assertThat(narrow.succeeds(wanted)).as("a rekey must not narrow").isFalse();
    assertThat(wanted.succeeds(narrow)).isTrue();
    ChildSelectors gateway = selectors(NETWORK, false);
    assertThat(
            gateway.accept(
                answer(false, host(SELF), network(address("192.0.0.0"), 8)), gateway.wanted(PEER)))
        .isEmpty();
  }

  @Test
  void eachAddressOfAPeerIsAnSaOfItsOwnInTransportMode() {
    Peer two =
        new Peer(
            new Identity("b"),
            "ns/b",
            List.of(PEER, FOREIGN),
            List.of(),
            CryptoOffer.DEFAULT,
            Lifetimes.DEFAULT,
            ChildPolicy.BETWEEN_PODS);

    ChildSelectors.Choice choice =
        new ChildSelectors(two, SELF, false)
            .choose(request(true, host(FOREIGN), host(SELF)), FOREIGN)
            .orElseThrow();

    assertThat(choice.traffic().remoteInner()).isEqualTo(FOREIGN);
    assertThat(choice.additionalPossible()).isFalse();
  }

  private static ChildSelectors selectors(ChildPolicy policy, boolean weAreBehindNat) {
    return new ChildSelectors(peer(policy, PEER), SELF, weAreBehindNat);
  }

  private static Peer peer(ChildPolicy policy, InetAddress address) {
    return new Peer(
        new Identity("b"),
        "ns/b",
        List.of(address),
        List.of(),
        CryptoOffer.DEFAULT,
        Lifetimes.DEFAULT,
        policy);
  }

  /** TSi is all but the last selector, TSr the last. */
  private static IkeMessage request(boolean transport, TrafficSelector... selectors) {
    return message(transport, selectors, selectors.length - 1);
  }

  /** TSi is the first selector, TSr the others. */
  private static IkeMessage answer(boolean transport, TrafficSelector... selectors) {
    return message(transport, selectors, 1);
  }

  private static IkeMessage message(boolean transport, TrafficSelector[] selectors, int split) {
    List<TrafficSelector> all = List.of(selectors);
    List<Payload> payloads = new ArrayList<>();
    if (transport) {
      payloads.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    }
    payloads.add(new TsPayload(true, all.subList(0, split)));
    payloads.add(new TsPayload(false, all.subList(split, all.size())));
    return new IkeMessage(
        new IkeHeader(1, 2, ExchangeType.CREATE_CHILD_SA, true, false, 3), payloads);
  }

  private static TrafficSelector port(int protocol, int port, InetAddress address) {
    TrafficSelector all = host(address);
    return new TrafficSelector(
        all.type(), protocol, port, port, all.startAddress(), all.endAddress());
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
