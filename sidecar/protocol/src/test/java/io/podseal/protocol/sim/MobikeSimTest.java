package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.ike.MessageIds;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer with MOBIKE (RFC 4555) asks to be known by another address; the test speaks for it. */
class MobikeSimTest {
  private static final Bytes COOKIE =
      Bytes.copyOf("any eight or more".getBytes(StandardCharsets.US_ASCII));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final Endpoint inside = new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL);
  private final Endpoint before = at("203.0.113.1");
  private final Endpoint after = at("203.0.113.2");

  private static Endpoint at(String address) {
    return new Endpoint(InetAddress.ofLiteral(address), 31_000);
  }

  /** The next message ID that b expects of a. */
  private int nextOfA = 2;

  private void establish(boolean mobike, boolean nat) {
    a.options(IkeOptions.DEFAULT.withMobike(mobike));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    if (nat) {
      world.network.nat(inside, before);
    }
    world.state.forged();
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
    world.sent.clear();
    world.network.nat(inside, after);
  }

  /** What b answers to a's request, which comes from the new address. */
  private IkeMessage ask(NotifyPayload... payloads) {
    return ask(after, Ports.IKE_NAT_TRAVERSAL, payloads);
  }

  private IkeMessage ask(Endpoint from, int port, NotifyPayload... payloads) {
    IkeHeader header = header(true, false, nextOfA++);
    byte[] request = Forge.seal(keys().copy(), header, List.of(payloads));
    return answer(b.ike(request, from, port));
  }

  private IkeMessage answer(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.open(keys().copy(), ((Action.Send) s).message()))
        .filter(m -> m.header().response())
        .findFirst()
        .orElseThrow();
  }

  private Keys.IkeSaKeys keys() {
    return b.keys.ike.getFirst();
  }

  private IkeHeader header(boolean fromInitiator, boolean response, int messageId) {
    return new IkeHeader(
        keys().spiInitiator(),
        keys().spiResponder(),
        ExchangeType.INFORMATIONAL,
        fromInitiator,
        response,
        messageId);
  }

  /** a's next request follows those that the test has sent in its name. */
  private void letASpeakForItself() {
    world.wire.forged();
    MessageIds.skipTo(a.establishedWith(b).getFirst(), nextOfA);
  }

  private static NotifyPayload update() {
    return NotifyPayload.of(NotifyType.UPDATE_SA_ADDRESSES);
  }

  private static NotifyPayload notify(int type) {
    return NotifyPayload.of(type, COOKIE);
  }

  /** Where b sends its packets to a. */
  private Endpoint children() {
    return Objects.requireNonNull(b.plane.outbound(a.identity)).remote;
  }

  private Endpoint ikeSa() {
    return b.establishedWith(a).getFirst().remote();
  }

  private List<World.Sent> checks() {
    return world.sent.stream().filter(s -> s.is(b, ExchangeType.INFORMATIONAL, false)).toList();
  }

  @Test
  void childrenMoveOnlyAfterTheNewAddressHasAnswered() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    assertThat(ask(update()).error()).isEmpty();
    world.run(Duration.ofMillis(500));
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(before);
    assertThat(checks()).isNotEmpty().allMatch(s -> s.to().equals(after));
    world.release();
    world.run(Duration.ofMillis(10));
    assertThat(children()).isEqualTo(after);
    b.send(a, 5);
    world.run(Duration.ofMillis(10));
    assertThat(a.received).contains(5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherCookie2InTheAnswerOrNoneEndsTheIkeSa(boolean another) {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    b.ike(
        Forge.seal(
            keys().copy(),
            header(true, true, 0),
            another ? List.of(notify(NotifyType.COOKIE2)) : List.of()),
        after,
        Ports.IKE_NAT_TRAVERSAL);
    assertThat(b.establishedWith(a)).isEmpty();
    assertThat(b.childrenWith(a)).isZero();
    world.run(Duration.ofMinutes(1));
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class))
        .anyMatch(e -> e.reason() == CloseReason.ADDRESS_CHECK_FAILED);
  }

  @Test
  void aPodWithoutNatKeepsItsAddress() {
    establish(true, false);
    IkeMessage answer = ask(update(), notify(NotifyType.COOKIE2));
    assertThat(answer.has(NotifyType.UNACCEPTABLE_ADDRESSES)).isTrue();
    assertThat(answer.notify(NotifyType.COOKIE2).orElseThrow().data()).isEqualTo(COOKIE);
    world.run(Duration.ofSeconds(1));
    assertThat(ikeSa()).isEqualTo(inside);
    assertThat(children()).isEqualTo(inside);
    assertThat(checks()).isEmpty();
  }

  @Test
  void anotherSourceAloneMovesNothing() {
    establish(true, true);
    ask();
    world.run(Duration.ofSeconds(1));
    assertThat(ikeSa()).isEqualTo(before);
    assertThat(children()).isEqualTo(before);
  }

  @Test
  void withoutMobikeTheSourceDecidesAndAnUpdateIsOnlyAcknowledged() {
    establish(false, true);
    IkeMessage answer = ask(update(), notify(NotifyType.COOKIE2));
    assertThat(new ArrayList<>(answer.payloads())).hasSize(1);
    world.run(Duration.ofSeconds(1));
    assertThat(children()).isEqualTo(after);
    assertThat(checks()).isEmpty();
  }

  @Test
  void anUpdateIsAnsweredWithWhatWeSeeOfThePeer() {
    establish(true, true);
    IkeMessage answer =
        ask(
            update(),
            notify(NotifyType.NAT_DETECTION_SOURCE_IP),
            notify(NotifyType.NAT_DETECTION_DESTINATION_IP),
            notify(NotifyType.COOKIE2));
    // Encapsulation is forced: by a hash of no address.
    assertThat(answer.notify(NotifyType.NAT_DETECTION_SOURCE_IP).map(NotifyPayload::data))
        .isPresent()
        .isNotEqualTo(Optional.of(hashOf(new Endpoint(b.address, Ports.IKE_NAT_TRAVERSAL))));
    assertThat(answer.notify(NotifyType.NAT_DETECTION_DESTINATION_IP).map(NotifyPayload::data))
        .contains(hashOf(after));
    assertThat(answer.notify(NotifyType.COOKIE2).orElseThrow().data()).isEqualTo(COOKIE);
  }

  /** As in NAT_DETECTION_*_IP (RFC 7296 §2.23). */
  private Bytes hashOf(Endpoint endpoint) {
    return Bytes.copyOf(
        b.crypto.natDetectionHash(
            new ByteWriter()
                .u64(keys().spiInitiator())
                .u64(keys().spiResponder())
                .bytes(endpoint.address().getAddress())
                .u16(endpoint.port())
                .toArray()));
  }

  @Test
  void addressesThatTheNetworkChangedAreRefusedWhereThePeerForbidsNat() {
    establish(true, true);
    assertThat(ask(update(), notify(NotifyType.NO_NATS_ALLOWED)).error())
        .map(NotifyPayload::notifyType)
        .contains(NotifyType.UNEXPECTED_NAT_DETECTED);
    assertThat(ikeSa()).isEqualTo(before);
  }

  @Test
  void addressesThatTheNetworkDidNotChangeAreTakenThoughThePeerForbidsNat() {
    establish(true, true);
    NotifyPayload addresses =
        NotifyPayload.of(
            NotifyType.NO_NATS_ALLOWED,
            Bytes.copyOf(
                new ByteWriter()
                    .bytes(after.address().getAddress())
                    .bytes(b.address.getAddress())
                    .u16(after.port())
                    .u16(Ports.IKE_NAT_TRAVERSAL)
                    .toArray()));
    assertThat(ask(update(), addresses).error()).isEmpty();
    assertThat(ikeSa()).isEqualTo(after);
  }

  @ParameterizedTest
  @CsvSource({"0,false", "7,false", "8,true", "64,true", "65,false"})
  void aCookie2OfNoPossibleLengthIsNotReturned(int length, boolean returned) {
    establish(true, true);
    Bytes cookie = Bytes.copyOf(new byte[length]);
    IkeMessage answer = ask(NotifyPayload.of(NotifyType.COOKIE2, cookie));
    assertThat(answer.has(NotifyType.COOKIE2)).isEqualTo(returned);
  }

  @Test
  void anUpdateOnAnotherPortThanThatOfEspIsRefused() {
    establish(true, true);
    IkeMessage answer = ask(after, Ports.IKE, update());
    assertThat(answer.has(NotifyType.UNACCEPTABLE_ADDRESSES)).isTrue();
    assertThat(ikeSa()).isEqualTo(before);
  }

  @Test
  void theEndThatDidNotBeginTheIkeSaMovesNothing() {
    establish(true, true);
    Endpoint known = a.establishedWith(b).getFirst().remote();
    byte[] request = Forge.seal(keys().copy(), header(false, false, 0), List.of(update()));
    assertThat(answer(a.ike(request, at("203.0.113.9"), Ports.IKE_NAT_TRAVERSAL)).error())
        .isEmpty();
    assertThat(a.establishedWith(b).getFirst().remote()).isEqualTo(known);
  }

  @Test
  void aRequestInFlightIsRepeatedToTheNewAddressToo() {
    establish(true, true);
    world.block(p -> p instanceof World.Ike);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    ask(update());
    world.sent.clear();
    world.run(Duration.ofSeconds(5));
    assertThat(world.sent.stream().filter(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false)))
        .extracting(World.Sent::to)
        .contains(before, after);
  }

  /** RFC 4555 §3.7: an answer to what went to several addresses tells nothing about any. */
  @Test
  void aCheckIsNotRepeatedToWhereThePeersPacketsComeFrom() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(at("203.0.113.66"), Ports.IKE_NAT_TRAVERSAL, update());
    a.send(b, 6);
    world.run(Duration.ofSeconds(20));
    assertThat(checks()).hasSizeGreaterThan(3);
    assertThat(checks()).extracting(World.Sent::to).containsOnly(at("203.0.113.66"));
    assertThat(children()).isEqualTo(before);
  }

  @Test
  void theAnswerToACheckOfAnAddressBeforeTheLastMovesNoChild() {
    establish(true, true);
    Endpoint last = at("203.0.113.3");
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    ask(last, Ports.IKE_NAT_TRAVERSAL, update());
    assertThat(checks()).hasSize(1);
    answer(checks().getFirst(), after);
    assertThat(children()).isEqualTo(before);
    assertThat(checks()).hasSize(2);
    assertThat(checks().getLast().to()).isEqualTo(last);
    answer(checks().getLast(), last);
    assertThat(children()).isEqualTo(last);
  }

  private void answer(World.Sent check, Endpoint from) {
    IkeMessage request = Forge.open(keys().copy(), check.ike());
    IkeHeader header = header(true, true, request.header().messageId());
    NotifyPayload cookie = request.notify(NotifyType.COOKIE2).orElseThrow();
    b.ike(Forge.seal(keys().copy(), header, List.of(cookie)), from, Ports.IKE_NAT_TRAVERSAL);
  }

  @Test
  void aCheckThatWaitsForARekeyOfTheIkeSaIsMadeOnTheNewOne() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    ask(update());
    assertThat(checks()).isEmpty();
    letASpeakForItself();
    world.release();
    world.run(Duration.ofSeconds(1));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
  }

  @Test
  void aMoveWhileBothEndsRekeyTheIkeSaIsTheNextOnesToo() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false));
    world.hold(s -> s.is(a, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    nextOfA++;
    world.wire.forged();
    ask(update());
    byte[] delete =
        Forge.seal(keys().copy(), header(true, false, nextOfA), List.of(DeletePayload.ike()));
    b.ike(delete, after, Ports.IKE_NAT_TRAVERSAL);
    world.run(Duration.ofMillis(10));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
  }

  @Test
  void aChildMadeWhileTheCheckRunsSendsToTheAddressThatHasAnswered() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    letASpeakForItself();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.childrenWith(a)).isEqualTo(2);
    assertThat(b.plane.children()).allMatch(c -> c.remote.equals(before));
    world.release();
    world.run(Duration.ofMillis(10));
    assertThat(b.plane.children()).isNotEmpty().allMatch(c -> c.remote.equals(after));
  }

  @Test
  void aChildOfTheNextIkeSaTooSendsToTheAddressThatHasAnswered() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    letASpeakForItself();
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(b.childrenWith(a)).isEqualTo(2);
    assertThat(b.plane.children()).allMatch(c -> c.remote.equals(before));
    world.release();
    world.run(Duration.ofSeconds(5));
    assertThat(b.plane.children()).isNotEmpty().allMatch(c -> c.remote.equals(after));
  }

  @Test
  void aCheckThatNobodyAnsweredOnTheOldIkeSaLeavesTheNewOneItsState() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    letASpeakForItself();
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    // Its Delete of the old child is a request on the new IKE SA while the check is in flight.
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    b.send(a, 7);
    a.send(b, 7);
    world.run(Duration.ofSeconds(1));
    world.release();
    world.run(Duration.ofSeconds(30));
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(children()).isEqualTo(after);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofSeconds(5));
    assertThat(b.events(ProtocolEvent.ChildSaInstalled.class)).hasSizeGreaterThan(1);
  }

  @Test
  void aRequestThatAsksAboutNatsTellsWhetherWeAreBehindOneNow() {
    establish(true, true);
    NotifyPayload source = notify(NotifyType.NAT_DETECTION_SOURCE_IP);
    ask(update(), source, notify(NotifyType.NAT_DETECTION_DESTINATION_IP));
    assertThat(b.endpoint().view()).allMatch(IkeSaView::behindNat);
    world.run(Duration.ofSeconds(50));
    assertThat(world.keepalives).isEqualTo(2);
    Bytes seenByA = hashOf(new Endpoint(b.address, Ports.IKE_NAT_TRAVERSAL));
    ask(source, NotifyPayload.of(NotifyType.NAT_DETECTION_DESTINATION_IP, seenByA));
    assertThat(b.endpoint().view()).noneMatch(IkeSaView::behindNat);
    world.run(Duration.ofSeconds(50));
    assertThat(world.keepalives).isEqualTo(2);
  }
}
