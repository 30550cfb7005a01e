package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer with MOBIKE (RFC 4555) moves while its IKE SA is rekeyed; the test speaks for it. */
class MobikeRekeySimTest {
  /** The message ID of a's next request on the first IKE SA. */
  private static final int NEXT = 2;

  private final Endpoint before = at("203.0.113.1");
  private final Endpoint after = at("203.0.113.2");
  private final World world = new World(1);
  private Host a = world.host("a", "10.0.0.1", 1);
  private Host b = world.host("b", "10.0.0.2", 2);

  private static Endpoint at(String address) {
    return new Endpoint(InetAddress.ofLiteral(address), 31_000);
  }

  private void establish(long seed) {
    a = world.host("a", "10.0.0.1", 2 * seed);
    b = world.host("b", "10.0.0.2", 2 * seed + 1);
    a.options(IkeOptions.DEFAULT.withMobike(true));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.network.nat(new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL), before);
    world.state.forged();
    world.wire.forged();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  private void moves() {
    world.network.nat(new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL), after);
  }

  private Keys.IkeSaKeys first() {
    return b.keys.ike.getFirst();
  }

  private static NotifyPayload update() {
    return NotifyPayload.of(NotifyType.UPDATE_SA_ADDRESSES);
  }

  /** Where b sends its packets to a. */
  private Endpoint children() {
    return Objects.requireNonNull(b.plane.outbound(a.identity)).remote;
  }

  /** Of the IKE SA that is neither rekeyed nor closed. */
  private Endpoint ikeSa() {
    assertThat(b.establishedWith(a)).hasSize(1);
    return b.establishedWith(a).getFirst().remote();
  }

  private static boolean isOn(Keys.IkeSaKeys sa, World.Sent sent) {
    return ByteBuffer.wrap(sent.ike()).getLong() == sa.spiInitiator();
  }

  /** What b answers to a request of a. */
  private IkeMessage ask(Keys.IkeSaKeys on, int messageId, Endpoint from, Payload... payloads) {
    boolean begunByB =
        b.endpoint().view().stream()
            .filter(v -> v.spis().startsWith(HexFormat.of().toHexDigits(on.spiInitiator())))
            .anyMatch(IkeSaView::initiator);
    IkeHeader header =
        new IkeHeader(
            on.spiInitiator(),
            on.spiResponder(),
            ExchangeType.INFORMATIONAL,
            !begunByB,
            /* response= */ false,
            messageId);
    byte[] request = Forge.seal(on.copy(), header, List.of(payloads));
    byte[] answer =
        b.ike(request, from, Ports.IKE_NAT_TRAVERSAL).stream()
            .filter(Action.Send.class::isInstance)
            .map(s -> ((Action.Send) s).message())
            .findFirst()
            .orElseThrow();
    return Forge.open(on.copy(), answer);
  }

  /** b has rekeyed; what it asks since then, and first that the old IKE SA is deleted, waits. */
  private void rekeyedByB() {
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(world.heldMessages()).anyMatch(s -> isOn(first(), s));
    moves();
  }

  @Test
  void anUpdateThatTheOldIkeSaStillGetsMovesTheNextOne() {
    establish(1);
    rekeyedByB();
    assertThat(ask(first(), NEXT, after, update()).error()).isEmpty();
    assertThat(ikeSa()).isEqualTo(after);
    world.run(Duration.ofSeconds(1));
    assertThat(children()).isEqualTo(before);
    world.release();
    world.run(Duration.ofMillis(10));
    assertThat(children()).isEqualTo(after);
  }

  /** a breaks the rules: the old one should have gone first, and nothing is left to move. */
  @Test
  void anUpdateOnTheOldIkeSaAfterTheNextOneIsDeletedIsAcknowledgedAndMovesNothing() {
    establish(1);
    world.hold(s -> s.is(a, ExchangeType.INFORMATIONAL, false));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    Keys.IkeSaKeys next = b.keys.last();
    ask(next, 0, before, DeletePayload.ike());
    world.record();
    for (int i = 1; i <= 2; i++) {
      // First while the last answer may be repeated, then when the keys are gone.
      assertThat(ask(first(), NEXT + i, at("203.0.113." + i), update()).error()).isEmpty();
      world.run(IkeTimers.LAST_ANSWER_LINGER.plusSeconds(1));
    }
    assertThat(b.childrenWith(a)).isZero();
    assertThat(world.sent).noneMatch(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
  }

  @Test
  void theDeleteOfTheOldIkeSaIsRepeatedToTheAddressThatItsPeerHasNow() {
    establish(1);
    rekeyedByB();
    ask(first(), NEXT, after, update());
    world.run(Duration.ofSeconds(5));
    assertThat(world.heldMessages().stream().filter(s -> isOn(first(), s)))
        .extracting(World.Sent::to)
        .contains(before, after);
  }

  @Test
  void anUpdateOnTheOldIkeSaTellsOfNatsToo() {
    establish(1);
    rekeyedByB();
    assertThat(b.endpoint().view()).noneMatch(IkeSaView::behindNat);
    Bytes other = Bytes.copyOf(new byte[20]);
    ask(
        first(),
        NEXT,
        after,
        update(),
        NotifyPayload.of(NotifyType.NAT_DETECTION_SOURCE_IP, other),
        NotifyPayload.of(NotifyType.NAT_DETECTION_DESTINATION_IP, other));
    assertThat(b.endpoint().view().stream().filter(v -> v.phase() == SaPhase.ESTABLISHED))
        .hasSize(1)
        .allMatch(IkeSaView::behindNat);
  }

  /** No window orders the requests of two IKE SAs; the last may say that nothing has changed. */
  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.1", "203.0.113.3"})
  void anUpdateOnTheOldIkeSaIsOlderThanOneOnTheNext(String address) {
    establish(1);
    rekeyedByB();
    Endpoint last = at(address);
    ask(b.keys.last(), 0, last, update());
    ask(first(), NEXT, after, update());
    assertThat(ikeSa()).isEqualTo(last);
  }

  @Test
  void anUpdateOnThePeersNewIkeSaHoldsThoughOurRekeyIsUnderWay() {
    establish(1);
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false));
    world.hold(s -> s.is(a, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).isEmpty();
    moves();
    ask(b.keys.last(), 0, after, update());
    assertThat(children()).isEqualTo(before);
    ask(first(), NEXT + 1, after, DeletePayload.ike());
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(before);
    world.run(Duration.ofMillis(10));
    assertThat(children()).isEqualTo(after);
  }

  /** Whichever of the two it is: the nonces say, and both ends know. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void anUpdateOnTheIkeSaThatLostACrossingMovesNothing(long seed) {
    establish(seed);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    world.hold(s -> s.is(a, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.keys.ike).hasSize(3);
    long kept = b.establishedWith(a).getFirst().initiatorSpi();
    List<Keys.IkeSaKeys> both = b.keys.ike.subList(1, 3);
    Keys.IkeSaKeys winner = both.get(both.getFirst().spiInitiator() == kept ? 0 : 1);
    Keys.IkeSaKeys loser = both.get(both.getFirst().spiInitiator() == kept ? 1 : 0);
    ask(loser, 0, at("203.0.113.3"), update());
    assertThat(ikeSa()).isEqualTo(before);
    ask(winner, 0, after, update());
    assertThat(ikeSa()).isEqualTo(after);
  }
}
