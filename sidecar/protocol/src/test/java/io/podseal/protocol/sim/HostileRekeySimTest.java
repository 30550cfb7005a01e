package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * CREATE_CHILD_SA of an authenticated peer that holds to no rule: a's request to b, or b's answer
 * to a, is stopped and another one sent in its place.
 */
class HostileRekeySimTest {
  /** What is rekeyed. */
  enum Rekeyed {
    CHILD,
    IKE_SA
  }

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private boolean response;
  private byte[] stopped = new byte[0];

  private static HostileRekeySimTest of(Rekeyed rekeyed, boolean response) {
    HostileRekeySimTest it = new HostileRekeySimTest();
    it.response = response;
    it.a.knows(it.b, Lifetimes.DEFAULT, Host.key(1, "k"));
    it.b.knows(it.a, Lifetimes.DEFAULT, Host.key(1, "k"));
    it.a.send(it.b, 1);
    it.world.run(Duration.ofSeconds(1));
    it.world.state.forged();
    it.world.record();
    it.world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.CREATE_CHILD_SA, response));
    it.a.run(
        rekeyed == Rekeyed.CHILD
            ? it.a.endpoint().rekeyChild(it.b.identity, it.world.now())
            : it.a.endpoint().rekeyIkeSa(it.b.identity, it.world.now()));
    it.world.run(Duration.ofMillis(10));
    Host from = response ? it.b : it.a;
    it.stopped =
        it.world.sent.stream()
            .filter(s -> s.is(from, ExchangeType.CREATE_CHILD_SA, response))
            .findFirst()
            .orElseThrow()
            .ike();
    return it;
  }

  private List<Payload> payloads() {
    return Forge.open(a.keys.ike.getFirst().copy(), stopped).payloads();
  }

  private List<Action> deliver(List<? extends Payload> payloads) {
    return deliver(Forge.seal(a.keys.ike.getFirst().copy(), header(), payloads));
  }

  private IkeHeader header() {
    return Forge.value(MessageDecoder.decode(stopped)).header();
  }

  private List<Action> deliver(byte[] message) {
    Host victim = response ? a : b;
    return victim.ike(message, new Endpoint((response ? b : a).address, 4500), 4500);
  }

  /** Whether the honest pods talk after all, once a has started anew. */
  private void assertRecovers(String what) {
    world.openAll();
    world.run(Duration.ofSeconds(60));
    a.restart();
    for (int i = 0; i < 60 && !b.received.contains(100 + i - 1); i++) {
      a.send(b, 100 + i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(b.received).as(what).anyMatch(n -> n >= 100);
  }

  @ParameterizedTest
  @EnumSource
  void cve_2013_6467_aCreateChildSaWithoutOneOfItsPayloadsIsSurvived(Rekeyed rekeyed) {
    for (boolean answer : new boolean[] {false, true}) {
      List<Payload> honest = of(rekeyed, answer).payloads();
      assertThat(honest).hasSizeGreaterThan(2);
      for (Payload missing : honest) {
        HostileRekeySimTest it = of(rekeyed, answer);
        it.deliver(honest.stream().filter(p -> !p.equals(missing)).toList());
        it.assertRecovers("without " + missing);
      }
      HostileRekeySimTest empty = of(rekeyed, answer);
      empty.deliver(List.of());
      empty.assertRecovers("empty");
    }
  }

  @ParameterizedTest
  @EnumSource
  void cve_2023_41913_aKeyExchangeValueOfAnotherLengthMakesNoSa(Rekeyed rekeyed) {
    for (boolean answer : new boolean[] {false, true}) {
      for (int length : new int[] {0, 1, 31, 33, 64, 1024}) {
        HostileRekeySimTest it = of(rekeyed, answer);
        int children = (answer ? it.a : it.b).events(ProtocolEvent.ChildSaInstalled.class).size();
        List<Payload> payloads = new ArrayList<>();
        for (Payload p : it.payloads()) {
          payloads.add(
              p instanceof KePayload ke
                  ? new KePayload(ke.method(), Bytes.copyOf(new byte[length]))
                  : p);
        }
        it.deliver(payloads);
        Host victim = answer ? it.a : it.b;
        assertThat(victim.events(ProtocolEvent.ChildSaInstalled.class)).hasSize(children);
        it.assertRecovers("KE of " + length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // No selector; more than there are; an address too short; the other family; a start after
        // the end; a length of 0 and one past the end.
        "00000000",
        "0200000007000010000000000a0000010a000001",
        "010000000700000c000000000a000001",
        "0100000008000010000000000a0000010a000001",
        "0100000007000010000000000a0000020a000001",
        "0100000007000000000000000a0000010a000001",
        "010000000700ffff000000000a0000010a000001",
        "ff00000007"
      })
  void cve_2023_23009_malformedSelectorsEndTheSaInOrder(String selectors) {
    HostileRekeySimTest it = of(Rekeyed.CHILD, false);
    byte[] content = Bytes.ofHex(selectors).toArray();
    byte[] plaintext =
        new ByteWriter()
            .u8(PayloadType.NONE)
            .u8(0)
            .u16(4 + content.length)
            .bytes(content)
            .u8(0)
            .toArray();
    List<Action> actions =
        it.deliver(
            Forge.sealPlaintext(
                it.a.keys.ike.getFirst().copy(), it.header(), PayloadType.TS_INITIATOR, plaintext));
    assertThat(actions).filteredOn(Action.Send.class::isInstance).hasSize(1);
    assertThat(it.b.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.INVALID_SYNTAX);
    assertThat(it.b.childrenWith(it.a)).isZero();
    it.assertRecovers(selectors);
  }

  /** RFC 7296 §1.3.1: the initiator MUST delete what it cannot accept, for the peer has it. */
  @ParameterizedTest
  @EnumSource
  void anAnswerThatGrantsWhatWasNotAskedForLeavesNothingAtThePeer(Rekeyed rekeyed) {
    HostileRekeySimTest it = of(rekeyed, true);
    List<Payload> other = new ArrayList<>();
    for (Payload p : it.payloads()) {
      if (p instanceof KePayload ke) {
        other.add(new KePayload(ke.method(), Bytes.copyOf(new byte[31])));
      } else {
        other.add(p);
      }
    }
    it.assertStartsAnew(other);
  }

  /** The same for a child in another mode. */
  @Test
  void anAnswerInTunnelModeToARequestForTransportModeLeavesNothingAtThePeer() {
    HostileRekeySimTest it = of(Rekeyed.CHILD, true);
    List<Payload> tunnel =
        it.payloads().stream()
            .filter(p ->
                !(p instanceof NotifyPayload n && n.notifyType() == NotifyType.USE_TRANSPORT_MODE))
            .toList();
    assertThat(tunnel).hasSizeLessThan(it.payloads().size());
    assertThat(it.b.events(ProtocolEvent.ChildSaInstalled.class)).as("b has granted it").hasSize(2);
    it.assertStartsAnew(tunnel);
  }

  private void assertStartsAnew(List<Payload> answer) {
    deliver(answer);
    world.openAll();
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(a.childrenWith(b)).isZero();

    a.send(b, 7);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).contains(7);
    // An IKE SA that b alone has ends when nobody answers its Delete.
    world.run(Duration.ofMinutes(4));
    for (Host end : List.of(a, b)) {
      Host other = end == a ? b : a;
      assertThat(end.establishedWith(other)).hasSize(1);
      assertThat(end.childrenWith(other)).isEqualTo(1);
    }
  }

  /** RFC 7296 §2.25.1: the child goes without a word, and a new one is made. */
  @Test
  void aChildThatThePeerDoesNotKnowGoesAndAnotherOneIsMade() {
    HostileRekeySimTest it = of(Rekeyed.CHILD, true);
    long ikeSa = it.a.establishedWith(it.b).getFirst().initiatorSpi();
    int before = it.a.childTo(it.b).orElseThrow().keys().inboundSpi();
    it.deliver(List.of(NotifyPayload.of(NotifyType.CHILD_SA_NOT_FOUND)));
    it.world.openAll();
    it.a.send(it.b, 7);
    it.world.run(Duration.ofSeconds(1));

    assertThat(it.b.received).contains(7);
    assertThat(it.a.establishedWith(it.b).getFirst().initiatorSpi()).isEqualTo(ikeSa);
    assertThat(it.a.childrenWith(it.b)).isEqualTo(1);
    assertThat(it.a.childTo(it.b).orElseThrow().keys().inboundSpi()).isNotEqualTo(before);
  }
}
