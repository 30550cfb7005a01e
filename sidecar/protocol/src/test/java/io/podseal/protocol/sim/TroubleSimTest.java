package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Honest peers at awkward moments: refusals, removals, reordering and moving NATs. */
class TroubleSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private void declare() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
  }

  private void establish() {
    declare();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
  }

  @Test
  void aPeerThatRefusesTheChildIsNotAskedForEachPacket() {
    Host impostor = world.host("a", "10.0.0.9", 3);
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    impostor.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    for (int i = 0; i < 2000; i++) {
      int number = i;
      world.after(Duration.ofMillis(5L * i), () -> impostor.send(b, number));
    }
    world.run(Duration.ofSeconds(10));
    assertThat(impostor.events(ProtocolEvent.Refused.class))
        .anyMatch(e -> e.notifyName().equals("TS_UNACCEPTABLE"));
    assertThat(impostor.events(ProtocolEvent.IkeSaStarted.class).size()).isBetween(3, 8);
  }

  @Test
  void aRekeyThatIsAnsweredAfterThePeerWasRemovedGivesItNothing() {
    establish();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    a.forgets(b);
    for (int i = 0; i < 100; i++) {
      world.run(Duration.ofMillis(1));
      assertThat(a.childrenWith(b)).isZero();
      assertThat(a.outboundTo(b)).isEmpty();
    }
    world.run(Duration.ofSeconds(10));
    assertThat(b.childrenWith(a)).isZero();
    assertThat(a.endpoint().view()).isEmpty();
  }

  /** The answer has made an IKE SA at b, which holds b's children and which no Delete names yet. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRekeyOfTheIkeSaThatIsAnsweredAfterTheEndOfTheSaLeavesThePeerNothing(boolean hybrid) {
    a.offer = hybrid ? CryptoOffer.HYBRID : CryptoOffer.CLASSIC;
    b.offer = a.offer;
    establish();
    ExchangeType last = hybrid ? ExchangeType.IKE_FOLLOWUP_KE : ExchangeType.CREATE_CHILD_SA;
    world.hold(s -> s.is(b, last, true));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(100));
    assertThat(b.establishedWith(a).getFirst().initiatorSpi())
        .isNotEqualTo(a.establishedWith(b).getFirst().initiatorSpi());

    a.forgets(b);
    world.release();
    world.run(Duration.ofSeconds(10));

    assertThat(b.establishedWith(a)).isEmpty();
    assertThat(b.childrenWith(a)).isZero();
    assertThat(a.endpoint().view()).isEmpty();
    assertThat(a.crypto.liveCiphers()).isZero();
  }

  /** b asks for something else, wants to rekey a child next, and answers a's rekey meanwhile. */
  @Test
  void whatWaitsMovesToTheRekeyedIkeSaOnlyAfterTheAnswerThatMakesIt() {
    establish();
    world.record();
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().unknownSpi(0x1234, new Endpoint(a.address, 4500), b.now()));
    b.run(b.endpoint().rekeyChild(a.identity, b.now()));
    a.run(a.endpoint().rekeyIkeSa(b.identity, a.now()));
    world.run(Duration.ofSeconds(1));

    assertThat(world.idleTraps()).isEmpty();
    List<World.Sent> ofB =
        world.sent.stream()
            .filter(s ->
                s.is(b, ExchangeType.CREATE_CHILD_SA, true)
                    || s.is(b, ExchangeType.CREATE_CHILD_SA, false))
            .toList();
    assertThat(ofB).hasSizeGreaterThanOrEqualTo(2);
    assertThat(ofB.getFirst().is(b, ExchangeType.CREATE_CHILD_SA, true)).isTrue();
    assertThat(a.drops(DropReason.IKE_UNKNOWN_SPI)).isZero();
  }

  /** Its profile is known only once it has said who it is: from its address it could be anybody. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRefusedPeerThatIsRemovedLeavesNoKeysBehind(boolean removed) throws Exception {
    InetAddress outside = InetAddress.getByName("192.0.2.1");
    world.network.nat(new Endpoint(a.address, 500), new Endpoint(outside, 20500));
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 24500));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(world.host("c", "10.0.0.3", 3), Lifetimes.DEFAULT, Host.key(1, "k"));
    b.offer = TwoEnds.P256_ONLY;
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofMillis(50));
    assertThat(a.events(ProtocolEvent.Refused.class).getFirst().notifyName())
        .isEqualTo("NO_PROPOSAL_CHOSEN");
    assertThat(b.endpoint().view()).hasSize(1);
    assertThat(b.crypto.liveCiphers()).isPositive();

    if (removed) {
      b.forgets(a);
    } else {
      b.run(b.endpoint().shutdown(b.now()));
    }
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveCiphers()).isZero();
  }

  /** Our request of a crossing rekey stays unanswered for longer than what the peer made lives. */
  @Test
  void anIkeSaIsNotRekeyedBeforeItHasInheritedTheChildren() {
    Lifetimes brief =
        new Lifetimes(Duration.ofHours(1), Duration.ofSeconds(60), Duration.ofMinutes(5));
    a.knows(b, brief, Host.key(1, "k"));
    b.knows(a, brief, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    boolean[] dark = {true};
    world.hold(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false));
    world.block(
        p -> dark[0] && p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));

    a.run(a.endpoint().rekeyIkeSa(b.identity, a.now()));
    b.run(b.endpoint().rekeyIkeSa(a.identity, b.now()));
    world.run(Duration.ofMillis(100));
    assertThat(a.establishedWith(b)).as("the old one and the one that b made").hasSize(2);
    world.run(Duration.ofSeconds(80));

    dark[0] = false;
    world.release();
    world.run(Duration.ofMinutes(5));
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).contains(1);
  }

  @Test
  void aRequestThatOvertakesTheAnswerOfIkeAuthIsAnsweredWhenItsTimeComes() {
    declare();
    boolean[] lost = {true};
    world.block(p -> lost[0] && p instanceof World.Ike m && m.is(ExchangeType.IKE_AUTH, true));
    a.send(b, 1);
    world.run(Duration.ofMillis(50));
    assertThat(b.establishedWith(a)).hasSize(1);
    b.forgets(a);
    world.run(Duration.ofMillis(50));
    lost[0] = false;
    world.run(Duration.ofSeconds(5));
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.DELETED_BY_PEER);
  }

  @Test
  void aNatThatMovesWhileARequestIsUnansweredDoesNotKillTheSa() throws Exception {
    InetAddress outside = InetAddress.getByName("192.0.2.1");
    world.network.nat(new Endpoint(a.address, 500), new Endpoint(outside, 20500));
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 24500));
    establish();
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 34500));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    for (int i = 1; i <= 300; i++) {
      int number = i;
      world.after(Duration.ofSeconds(i), () -> a.send(b, number));
    }
    world.run(Duration.ofSeconds(301));
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    assertThat(b.received).hasSize(301);
    b.send(a, 1000);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(1000);
  }

  @Test
  void aNatThatMovesTwiceIsFollowedToItsLastPlace() throws Exception {
    InetAddress outside = InetAddress.getByName("192.0.2.1");
    world.network.nat(new Endpoint(a.address, 500), new Endpoint(outside, 20500));
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 24500));
    establish();
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 34500));
    a.send(b, 1);
    world.run(Duration.ofNanos(1_100_000));
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 44500));
    for (int i = 2; i <= 300; i++) {
      int number = i;
      world.after(Duration.ofSeconds(i), () -> a.send(b, number));
    }
    world.run(Duration.ofSeconds(301));
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    b.send(a, 1000);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(1000);
  }

  @Test
  void aPodWithoutNatIsNotFollowedWhoeverForwardsItsPackets() throws Exception {
    establish();
    Endpoint own = new Endpoint(a.address, 4500);
    world.network.nat(own, new Endpoint(InetAddress.getByName("192.0.2.66"), 4500));
    world.record();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).contains(1);
    assertThat(world.sent).as("nobody is asked at the other address").isEmpty();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    assertThat(b.establishedWith(a).getFirst().remote()).isEqualTo(own);
    assertThat(b.plane.children()).hasSize(1).allMatch(c -> c.remote.equals(own));
  }

  @Test
  void aSilentPeerThatStillReceivesIsFoundAliveByAsking() {
    establish();
    for (int i = 1; i <= 100; i++) {
      int number = i;
      world.after(Duration.ofSeconds(i), () -> a.send(b, number));
    }
    world.record();
    world.run(Duration.ofSeconds(101));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    assertThat(b.received).hasSize(101);
    long probes = world.sent.stream().filter(s -> s.from() == a).count();
    assertThat(probes).isBetween(8L, 11L);
  }

  /** What waited for the handshake leaves in the instant in which its answer is heard. */
  @Test
  void aPeerThatDiesBeforeTheFirstPacketArrivesIsFoundDeadByAsking() {
    declare();
    world.block(p -> p instanceof World.Esp);
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);

    world.block(p -> true);
    world.run(IkeTimers.ESTABLISHED_TIMEOUT.plus(Lifetimes.DEFAULT.liveness()).plusSeconds(5));

    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .extracting(ProtocolEvent.IkeSaClosed::reason)
        .containsExactly(CloseReason.NO_ANSWER);
    assertThat(a.outboundTo(b)).isEmpty();
  }

  @Test
  void timersNeverKeepAnIdleEndpointBusy() {
    establish();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofHours(3));
    assertThat(a.timersFired + b.timersFired).isBetween(2, 200);
  }
}
