package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A new epoch of the key that one end has and the other does not (design, decision 4). */
class NewEpochSimTest {
  private static final Duration GAP = Duration.ofMillis(200);
  private static final int PACKETS = 3_000;

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private static PresharedKey key(int epoch) {
    return Host.key(epoch, "the key of epoch " + epoch);
  }

  /** As {@link #key}, but not to begin with. */
  private static PresharedKey acceptedOnly(int epoch) {
    return new PresharedKey(epoch, key(epoch).secret(), false, Optional.empty());
  }

  private void establish() {
    a.knows(b, Lifetimes.DEFAULT, key(1));
    b.knows(a, Lifetimes.DEFAULT, key(1));
    a.send(b, -1);
    world.run(Duration.ofSeconds(1));
    b.send(a, -1);
    world.run(Duration.ofSeconds(1));
  }

  /** Ten minutes of traffic both ways. */
  private void traffic(int first) {
    for (int i = 0; i < PACKETS; i++) {
      int number = first + i;
      world.after(GAP.multipliedBy(i), () -> a.send(b, number));
      world.after(GAP.multipliedBy(i), () -> b.send(a, number));
    }
    world.run(GAP.multipliedBy(PACKETS).plusSeconds(1));
    for (Host host : List.of(a, b)) {
      assertThat(host.received)
          .containsAll(IntStream.range(first, first + PACKETS).boxed().toList())
          .doesNotHaveDuplicates();
    }
  }

  private void assertOneOfEpoch(int epoch) {
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(epoch);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(b.establishedWith(a).getFirst().epoch()).isEqualTo(epoch);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRefusedNewEpochLeavesTheOldSaInPlaceUntilThePolicyChanges(boolean lowerHasIt) {
    Host first = lowerHasIt ? a : b;
    Host second = lowerHasIt ? b : a;
    establish();
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    int ofA = a.outboundTo(b).orElseThrow();
    int ofB = b.outboundTo(a).orElseThrow();
    int started = first.events(ProtocolEvent.IkeSaStarted.class).size();

    first.knows(second, Lifetimes.DEFAULT, key(2), key(1));
    traffic(0);

    assertThat(first.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals("AUTHENTICATION_FAILED"));
    assertThat(first.events(ProtocolEvent.IkeSaStarted.class)).hasSize(started + 1);
    for (Host host : List.of(a, b)) {
      Host other = host == a ? b : a;
      assertThat(host.establishedWith(other)).hasSize(1);
      assertThat(host.establishedWith(other).getFirst().initiatorSpi()).isEqualTo(ikeSa);
      assertThat(host.events(ProtocolEvent.ChildSaInstalled.class)).hasSize(1);
    }
    assertThat(a.outboundTo(b)).contains(ofA);
    assertThat(b.outboundTo(a)).contains(ofB);

    second.knows(first, Lifetimes.DEFAULT, key(2), key(1));
    traffic(PACKETS);

    assertOneOfEpoch(2);
  }

  /** b may not begin with the new epoch yet, and its handshake is over before a's is repeated. */
  @Test
  void theNewEpochIsFollowedAfterOurAttemptWithItGaveWay() {
    a.knows(b, Lifetimes.DEFAULT, key(2), key(1));
    b.knows(a, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    world.loseOne(s -> s.is(a, ExchangeType.IKE_SA_INIT, false));
    a.send(b, 0);
    b.send(a, 0);
    world.run(Duration.ofMillis(100));
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(1);

    traffic(1);

    assertOneOfEpoch(2);
  }

  /** a may not begin with the new epoch yet, and of two that cross the one that it began stays. */
  @Test
  void theNewEpochIsFollowedAfterTheHandshakeWithItGaveWayToACrossingOne() {
    a.knows(b, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    b.knows(a, Lifetimes.DEFAULT, key(2), key(1));
    a.send(b, 0);
    b.send(a, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(1);

    traffic(1);

    assertOneOfEpoch(2);
  }

  /** b would begin half a minute later. */
  @Test
  void aNewEpochThatIsTakenBackReplacesNothing() {
    establish();
    int started = b.events(ProtocolEvent.IkeSaStarted.class).size();
    a.knows(b, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    b.knows(a, Lifetimes.DEFAULT, key(2), key(1));
    world.run(Duration.ofSeconds(1));
    b.knows(a, Lifetimes.DEFAULT, key(1));

    traffic(0);

    assertThat(b.events(ProtocolEvent.IkeSaStarted.class)).hasSize(started);
    assertOneOfEpoch(1);
  }

  /** b is the end that begins only after a while, and the IKE SA is another one by then. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theNewEpochIsFollowedAlthoughTheIkeSaIsRekeyedFirst(boolean byTheEndThatHasIt) {
    establish();
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    a.knows(b, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    b.knows(a, Lifetimes.DEFAULT, key(2), key(1));
    Host rekeys = byTheEndThatHasIt ? b : a;
    Host other = byTheEndThatHasIt ? a : b;
    rekeys.run(rekeys.endpoint().rekeyIkeSa(other.identity, rekeys.now()));
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isNotEqualTo(ikeSa);
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(1);

    traffic(1);

    assertOneOfEpoch(2);
  }

  /** Whoever is on the path may have written the refusal, or b learnt of the epoch without a's. */
  @Test
  void aRefusedEpochIsTriedAgainAfterAWhile() {
    establish();
    a.knows(b, Lifetimes.DEFAULT, key(2), key(1));
    world.run(Duration.ofMinutes(1));
    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals("AUTHENTICATION_FAILED"));
    b.knows(a, Lifetimes.DEFAULT, acceptedOnly(2), key(1));

    world.run(IkeTimers.EPOCH_REFUSAL);
    traffic(0);

    assertOneOfEpoch(2);
  }

  /** The answer to IKE_SA_INIT is in clear: anybody on the path can write it. */
  @Test
  void anAnswerWithoutTheRequiredPpkDoesNotMakeUsBeginWithAnOlderEpoch() {
    a.knows(b, Lifetimes.DEFAULT, withPpk(2), key(1));
    b.knows(a, Lifetimes.DEFAULT, withPpk(2), key(1));
    world.tamper(p -> without(NotifyType.USE_PPK, p));
    a.send(b, 0);
    world.run(Duration.ofMillis(100));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .extracting(ProtocolEvent.IkeSaClosed::reason)
        .containsExactly(CloseReason.PPK_UNSUPPORTED);
    world.tamper(p -> p);

    traffic(1);

    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class))
        .allMatch(e -> e.epoch() == 2)
        .isNotEmpty();
  }

  /** So can the answer to IKE_AUTH, by whoever did the key exchange with us in the peer's place. */
  @Test
  void aRefusalDoesNotMakeUsBeginWithoutTheRequiredPpk() {
    PresharedKey good = withPpk(2);
    a.knows(b, Lifetimes.DEFAULT, good, key(1));
    b.knows(a, Lifetimes.DEFAULT, new PresharedKey(2, key(3).secret(), true, good.ppk()), key(1));
    for (int i = 0; i < 120; i++) {
      a.send(b, i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals("AUTHENTICATION_FAILED"));
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(b.received).isEmpty();
  }

  /** The attempt goes on, for its key is still there, and is refused. */
  @Test
  void anEpochThatWeMayNoLongerBeginWithIsNotTriedAgain() {
    establish();
    a.knows(b, Lifetimes.DEFAULT, key(2), key(1));
    world.hold(s -> s.is(b, ExchangeType.IKE_AUTH, true));
    world.run(Duration.ofSeconds(1));
    assertThat(world.held()).isPositive();
    a.knows(b, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    world.release();

    world.run(IkeTimers.EPOCH_REFUSAL.plusMinutes(1));
    traffic(0);

    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(2);
    assertOneOfEpoch(1);
  }

  private static PresharedKey withPpk(int epoch) {
    Bytes name = Bytes.copyOf(new byte[] {1, 2, 3});
    SecretBytes secret = SecretBytes.adopt(new byte[32]);
    return new PresharedKey(
        epoch, key(epoch).secret(), true, Optional.of(new Ppk(name, secret, true)));
  }

  private static World.Packet without(int notifyType, World.Packet packet) {
    if (!(packet instanceof World.Ike ike) || !ike.is(ExchangeType.IKE_SA_INIT, true)) {
      return packet;
    }
    IkeMessage message = Forge.value(MessageDecoder.decode(ike.message())).clearMessage();
    List<Payload> rest =
        message.payloads().stream()
            .filter(p -> !(p instanceof NotifyPayload n && n.notifyType() == notifyType))
            .toList();
    return new World.Ike(MessageEncoder.clear(message.header(), rest), ike.fromPort());
  }

  /** b has accepted it, but its answer is late; then both ends hear that the old epoch is over. */
  @Test
  void aHandshakeWithTheNewEpochOutlivesTheOldOne() {
    establish();
    b.knows(a, Lifetimes.DEFAULT, acceptedOnly(2), key(1));
    a.knows(b, Lifetimes.DEFAULT, key(2), key(1));
    world.hold(s -> s.is(b, ExchangeType.IKE_AUTH, true));
    world.run(Duration.ofSeconds(1));
    assertThat(world.held()).isPositive();

    a.knows(b, Lifetimes.DEFAULT, key(2));
    b.knows(a, Lifetimes.DEFAULT, key(2));
    world.release();
    world.run(Duration.ofSeconds(1));
    b.send(a, 7);
    world.run(Duration.ofSeconds(1));

    assertThat(a.received).contains(7);
    assertOneOfEpoch(2);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(2);
  }

  /** Then there is a second reason to authenticate anew, for which the old epoch will do. */
  @Test
  void anSaThatThePeerWillNotRekeyIsReplacedWithTheOldEpochAfterTheNewOneIsRefused() {
    establish();
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    world.record();
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.CREATE_CHILD_SA, false));
    a.run(a.endpoint().rekeyIkeSa(b.identity, a.now()));
    a.knows(b, Lifetimes.DEFAULT, key(2), key(1));
    world.wire.forged();
    IkeHeader request = Forge.value(MessageDecoder.decode(world.sent.getFirst().ike())).header();
    IkeHeader answer =
        new IkeHeader(
            request.spiInitiator(),
            request.spiResponder(),
            ExchangeType.CREATE_CHILD_SA,
            false,
            true,
            request.messageId());
    a.ike(
        Forge.seal(
            a.keys.last().copy(), answer, List.of(NotifyPayload.of(NotifyType.NO_ADDITIONAL_SAS))),
        new Endpoint(b.address, 4500),
        4500);
    world.openAll();
    traffic(0);

    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(r -> r.notifyName().equals("AUTHENTICATION_FAILED"));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isNotEqualTo(ikeSa);
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(1);
  }
}
