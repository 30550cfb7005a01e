package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
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
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

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
    IkeHeader header = header(true, false, 2);
    List<Action> actions =
        b.ike(Forge.seal(keys().copy(), header, List.of(payloads)), after, Ports.IKE_NAT_TRAVERSAL);
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.open(keys().copy(), ((Action.Send) s).message()))
        .filter(m -> m.header().response())
        .findFirst()
        .orElseThrow();
  }

  private Keys.IkeSaKeys keys() {
    return b.keys.last();
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

  @Test
  void anotherCookie2InTheAnswerEndsTheIkeSa() {
    establish(true, true);
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    ask(update());
    b.ike(
        Forge.seal(keys().copy(), header(true, true, 0), List.of(notify(NotifyType.COOKIE2))),
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
  void espFromAnotherSourceMovesOnceTheAddressAnswers() {
    establish(true, true);
    a.send(b, 6);
    world.run(Duration.ofSeconds(1));
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
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
    assertThat(answer.has(NotifyType.NAT_DETECTION_SOURCE_IP)).isTrue();
    assertThat(answer.has(NotifyType.NAT_DETECTION_DESTINATION_IP)).isTrue();
    assertThat(answer.notify(NotifyType.COOKIE2).orElseThrow().data()).isEqualTo(COOKIE);
  }

  @Test
  void addressesThatTheNetworkChangedAreRefusedWhereThePeerForbidsNat() {
    establish(true, true);
    assertThat(ask(update(), notify(NotifyType.NO_NATS_ALLOWED)).error())
        .map(NotifyPayload::notifyType)
        .contains(NotifyType.UNEXPECTED_NAT_DETECTED);
    assertThat(ikeSa()).isEqualTo(before);
  }
}
