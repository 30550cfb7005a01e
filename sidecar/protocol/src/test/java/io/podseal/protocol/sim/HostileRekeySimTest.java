package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * CREATE_CHILD_SA and IKE_FOLLOWUP_KE of an authenticated peer that holds to no rule: a's request
 * to b, or b's answer to a, is stopped and another one sent in its place.
 */
class HostileRekeySimTest {
  /** What is rekeyed. */
  enum Rekeyed {
    CHILD,
    IKE_SA
  }

  /** An additional key exchange in messages that are short enough to go unfragmented. */
  private static final CryptoOffer WITH_FOLLOWUP =
      CryptoOffer.CLASSIC.withAdditional(
          List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_512)));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private boolean response;
  private byte[] stopped = new byte[0];

  private static HostileRekeySimTest of(Rekeyed rekeyed, boolean response) {
    return of(rekeyed, ExchangeType.CREATE_CHILD_SA, response);
  }

  private static HostileRekeySimTest of(Rekeyed rekeyed, ExchangeType exchange, boolean response) {
    HostileRekeySimTest it = new HostileRekeySimTest();
    it.response = response;
    if (exchange == ExchangeType.IKE_FOLLOWUP_KE) {
      it.a.offer = WITH_FOLLOWUP;
      it.b.offer = WITH_FOLLOWUP;
    }
    it.a.knows(it.b, Lifetimes.DEFAULT, Host.key(1, "k"));
    it.b.knows(it.a, Lifetimes.DEFAULT, Host.key(1, "k"));
    it.a.send(it.b, 1);
    it.world.run(Duration.ofSeconds(1));
    it.world.state.forged();
    it.world.record();
    it.world.block(p -> p instanceof World.Ike m && m.is(exchange, response));
    it.a.run(
        rekeyed == Rekeyed.CHILD
            ? it.a.endpoint().rekeyChild(it.b.identity, it.world.now())
            : it.a.endpoint().rekeyIkeSa(it.b.identity, it.world.now()));
    it.world.run(Duration.ofMillis(10));
    Host from = response ? it.b : it.a;
    it.stopped =
        it.world.sent.stream()
            .filter(s -> s.is(from, exchange, response))
            .findFirst()
            .orElseThrow()
            .ike();
    return it;
  }

  /** Of the IKE SA that stands at both ends. */
  private IkeKeys keys() {
    return a.keys.last().copy();
  }

  private List<Payload> payloads() {
    return Forge.open(keys(), stopped).payloads();
  }

  private List<Action> deliver(List<? extends Payload> payloads) {
    return deliver(Forge.seal(keys(), header(), payloads));
  }

  private IkeHeader header() {
    return Forge.value(MessageDecoder.decode(stopped)).header();
  }

  private List<Action> deliver(byte[] message) {
    return victim().ike(message, new Endpoint((response ? b : a).address, 4500), 4500);
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

  private Host victim() {
    return response ? a : b;
  }

  /** What the victim has made so far. */
  private int made() {
    return victim().events(ProtocolEvent.ChildSaInstalled.class).size()
        + victim().events(ProtocolEvent.IkeSaRekeyed.class).size();
  }

  private static boolean isNeeded(Payload payload) {
    return switch (payload) {
      case NotifyPayload n ->
          n.notifyType() == NotifyType.USE_TRANSPORT_MODE
              || n.notifyType() == NotifyType.ADDITIONAL_KEY_EXCHANGE;
      default -> true;
    };
  }

  @ParameterizedTest
  @CsvSource({
    "CHILD, CREATE_CHILD_SA", "IKE_SA, CREATE_CHILD_SA",
    "CHILD, IKE_FOLLOWUP_KE", "IKE_SA, IKE_FOLLOWUP_KE"
  })
  void cve_2013_6467_aRekeyWithoutOneOfItsPayloadsIsRefused(Rekeyed rekeyed, ExchangeType lacking) {
    for (boolean answer : new boolean[] {false, true}) {
      HostileRekeySimTest whole = of(rekeyed, lacking, answer);
      int before = whole.made();
      List<Payload> honest = whole.payloads();
      whole.deliver(honest);
      assertThat(whole.made()).as("with all of %s", honest).isEqualTo(before + 1);
      for (Payload missing : honest) {
        HostileRekeySimTest it = of(rekeyed, lacking, answer);
        List<Action> actions = it.deliver(honest.stream().filter(p -> !p.equals(missing)).toList());
        if (isNeeded(missing)) {
          assertThat(it.made()).as("without %s", missing).isEqualTo(before);
          if (!answer) {
            assertThat(it.error(actions)).as("without %s", missing).isPresent();
          }
        }
        it.assertRecovers("without " + missing);
      }
      HostileRekeySimTest empty = of(rekeyed, lacking, answer);
      empty.deliver(List.of());
      assertThat(empty.made()).isEqualTo(before);
      empty.assertRecovers("empty");
    }
  }

  /** The error notify in the answer to what was delivered. */
  private Optional<Integer> error(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.open(keys(), ((Action.Send) s).message()))
        .filter(m -> m.header().response())
        .flatMap(m -> m.error().stream())
        .map(NotifyPayload::notifyType)
        .findFirst();
  }

  @ParameterizedTest
  @EnumSource
  void cve_2023_41913_aKeyExchangeValueOfAnotherLengthMakesNoSa(Rekeyed rekeyed) {
    for (boolean answer : new boolean[] {false, true}) {
      for (int length : new int[] {0, 1, 31, 33, 64, 1024}) {
        HostileRekeySimTest it = of(rekeyed, answer);
        int before = it.made();
        List<Payload> payloads = new ArrayList<>();
        for (Payload p : it.payloads()) {
          payloads.add(
              p instanceof KePayload ke
                  ? new KePayload(
                      ke.method(), Bytes.copyOf(Arrays.copyOf(ke.data().toArray(), length)))
                  : p);
        }
        it.deliver(payloads);
        assertThat(it.made()).isEqualTo(before);
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
            Forge.sealPlaintext(it.keys(), it.header(), PayloadType.TS_INITIATOR, plaintext));
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
