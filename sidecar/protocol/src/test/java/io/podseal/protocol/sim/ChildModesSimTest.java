package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.ChildPolicy.Modes;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.Features;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.SequenceNumbers;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What two ends with different ideas of mode, selectors and sequence numbers agree on. */
final class ChildModesSimTest {
  private static final CryptoOffer FOREIGN =
      CryptoOffer.CLASSIC
          .withIntegrity(List.of(IntegrityAlgorithm.HMAC_SHA2_256_128))
          .withEncryption(
              List.of(EncryptionAlgorithm.AES_CBC_256, EncryptionAlgorithm.AES_GCM_16_256))
          .withSequenceNumbers(
              List.of(SequenceNumbers.PARTIALLY_TRANSMITTED_64, SequenceNumbers.SEQUENTIAL_32));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @Test
  void gatewaysAgreeOnATunnelForTheirNetworksAndKeepItWhenTheyRekey() throws Exception {
    TrafficSelector left = TrafficSelector.network(InetAddress.getByName("192.168.0.0"), 24);
    TrafficSelector right = TrafficSelector.network(InetAddress.getByName("192.168.1.0"), 24);
    a.knows(b, Lifetimes.DEFAULT, FOREIGN, tunnel(left, right), key());
    b.knows(
        a,
        Lifetimes.DEFAULT,
        FOREIGN.withSequenceNumbers(List.of(SequenceNumbers.SEQUENTIAL_32)),
        tunnel(right, left),
        key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));

    assertThat(b.received).containsExactly(1);
    Action.InstallChild first = a.childTo(b).orElseThrow();
    assertThat(first.mode()).isEqualTo(ChildMode.TUNNEL);
    assertThat(first.selectors()).isEqualTo(new TrafficSelectors(List.of(left), List.of(right)));
    EspSuite suite = (EspSuite) first.keys().suite();
    assertThat(suite.encryption()).isEqualTo(EncryptionAlgorithm.AES_CBC_256);
    assertThat(suite.integrity()).contains(IntegrityAlgorithm.HMAC_SHA2_256_128);
    assertThat(suite.esn()).isFalse();
    b.send(a, 2);
    world.run(Duration.ofSeconds(2));
    assertMirrored();

    world.run(Duration.ofMinutes(70));
    a.send(b, 3);
    world.run(Duration.ofSeconds(2));

    assertThat(b.received).containsExactly(1, 3);
    Action.InstallChild second = a.childTo(b).orElseThrow();
    assertThat(second.keys().inboundSpi()).isNotEqualTo(first.keys().inboundSpi());
    assertThat(second.mode()).isEqualTo(ChildMode.TUNNEL);
    assertThat(second.selectors()).isEqualTo(first.selectors());
  }

  @Test
  void transportThatIsPreferredGivesWayToATunnelThatIsRequired() {
    a.knows(b, Lifetimes.DEFAULT, CryptoOffer.CLASSIC, policy(Modes.TRANSPORT_PREFERRED), key());
    b.knows(a, Lifetimes.DEFAULT, CryptoOffer.CLASSIC, policy(Modes.TUNNEL), key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    b.send(a, 2);
    world.run(Duration.ofSeconds(2));

    assertThat(b.received).containsExactly(1);
    assertThat(a.received).containsExactly(2);
    assertThat(a.childTo(b).orElseThrow().mode()).isEqualTo(ChildMode.TUNNEL);
    assertMirrored();
    assertThat(a.events(ProtocolEvent.ChildSaInstalled.class).getFirst().toString())
        .contains("tunnel");
  }

  @Test
  void transportThatIsRequiredIsNotTakenAsATunnel() {
    a.knows(b, Lifetimes.DEFAULT, CryptoOffer.CLASSIC, ChildPolicy.BETWEEN_PODS, key());
    b.knows(a, Lifetimes.DEFAULT, CryptoOffer.CLASSIC, policy(Modes.TUNNEL), key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(5));

    assertThat(b.received).isEmpty();
    assertThat(a.childrenWith(b)).isZero();
    assertThat(b.childrenWith(a)).as("the initiator deletes what it cannot use").isZero();
  }

  @Test
  void tunnelThatIsAskedForIsRefusedByAPod() {
    a.knows(b, Lifetimes.DEFAULT, CryptoOffer.CLASSIC, policy(Modes.TUNNEL), key());
    b.knows(a, Lifetimes.DEFAULT, key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));

    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals(NotifyType.name(NotifyType.NO_PROPOSAL_CHOSEN)));
    assertThat(b.childrenWith(a)).isZero();
  }

  @Test
  void responderNarrowsToItsPolicyAndBothEndsInstallTheSame() {
    TrafficSelector all = TrafficSelector.host(b.address);
    TrafficSelector web =
        new TrafficSelector(all.type(), 6, 80, 443, all.startAddress(), all.endAddress());
    a.knows(b, Lifetimes.DEFAULT, key());
    b.knows(
        a,
        Lifetimes.DEFAULT,
        CryptoOffer.CLASSIC,
        new ChildPolicy(Modes.TRANSPORT, SecurityProtocol.ESP, List.of(web), List.of(), false),
        key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    b.send(a, 2);
    world.run(Duration.ofSeconds(2));

    assertThat(a.childTo(b).orElseThrow().selectors().remote()).containsExactly(web);
    assertMirrored();
  }

  @Test
  void peersWithoutCommonSequenceNumbersHaveNoChild() {
    a.knows(b, Lifetimes.DEFAULT, key());
    b.knows(
        a,
        Lifetimes.DEFAULT,
        CryptoOffer.CLASSIC.withSequenceNumbers(List.of(SequenceNumbers.SEQUENTIAL_32)),
        ChildPolicy.BETWEEN_PODS,
        key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));

    assertThat(a.childrenWith(b)).isZero();
    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals(NotifyType.name(NotifyType.NO_PROPOSAL_CHOSEN)));
  }

  @Test
  void dataPlaneLimitsWhatIsProposed() {
    Peer peer =
        new Peer(
            b.identity,
            "b",
            List.of(b.address),
            List.of(key()),
            FOREIGN,
            Lifetimes.DEFAULT,
            policy(Modes.TRANSPORT_PREFERRED));
    Features everything = new Features(true, true, true, true, true, 64);

    assertThat(everything.limit(peer)).contains(peer);
    Peer limited = new Features(false, true, false, true, false, 64).limit(peer).orElseThrow();
    assertThat(limited.crypto().sequenceNumbers()).containsExactly(SequenceNumbers.SEQUENTIAL_32);
    assertThat(limited.child().modes()).isEqualTo(Modes.TUNNEL);
    assertThat(limited.keys().getFirst()).isSameAs(peer.keys().getFirst());
    assertThat(new Features(false, false, true, true, false, 64).limit(peer)).isEmpty();
    assertThat(new Features(true, true, false, false, false, 64).limit(peer)).isEmpty();
    assertThat(new Features(true, true, true, false, false, 64).limit(peer))
        .hasValueSatisfying(p -> assertThat(p.child().modes()).isEqualTo(Modes.TRANSPORT));
    Peer ah =
        new Peer(
            b.identity,
            "b",
            List.of(b.address),
            List.of(key()),
            FOREIGN,
            Lifetimes.DEFAULT,
            ChildPolicy.BETWEEN_PODS.withProtocol(SecurityProtocol.AH));
    assertThat(everything.limit(ah)).contains(ah);
    assertThat(new Features(true, true, true, true, false, 64).limit(ah)).isEmpty();
  }

  private void assertMirrored() {
    Action.InstallChild ours = a.childTo(b).orElseThrow();
    Optional<Action.InstallChild> theirs = b.childTo(a);
    assertThat(theirs.map(Action.InstallChild::mode)).contains(ours.mode());
    assertThat(theirs.map(Action.InstallChild::selectors)).contains(ours.selectors().reversed());
    assertThat(theirs.map(c -> c.keys().suite())).contains(ours.keys().suite());
  }

  private static ChildPolicy policy(Modes modes) {
    return new ChildPolicy(modes, SecurityProtocol.ESP, List.of(), List.of(), false);
  }

  private static ChildPolicy tunnel(TrafficSelector local, TrafficSelector remote) {
    return ChildPolicy.tunnel(List.of(local), List.of(remote));
  }

  private static PresharedKey key() {
    return Host.key(1, "a pre-shared key of the pair");
  }
}
