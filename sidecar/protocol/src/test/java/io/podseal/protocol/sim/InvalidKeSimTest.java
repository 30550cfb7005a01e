package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * INVALID_KE_PAYLOAD in the hands of somebody who wants a to begin for ever (RFC 7296 §1.2): a,
 * that has begun with X25519, may begin again with P-256, once.
 */
class InvalidKeSimTest {
  private static final int X25519 = KeyExchangeMethod.X25519.id();
  private static final int P256 = KeyExchangeMethod.P256.id();

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void offerTwo() {
    for (Host host : List.of(a, b)) {
      host.offer =
          CryptoOffer.CLASSIC.withKeyExchange(
              List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256));
      host.knows(host == a ? b : a, Lifetimes.DEFAULT, Host.key(1, "k"));
    }
  }

  private static NotifyPayload wants(int method) {
    return NotifyPayload.of(NotifyType.INVALID_KE_PAYLOAD, Bytes.ofHex("%04x".formatted(method)));
  }

  private static Stream<byte[]> messages(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message());
  }

  private static int method(IkeMessage message) {
    return message.first(KePayload.class).orElseThrow().method();
  }

  /** The request of IKE_SA_INIT goes nowhere, so that the test may answer it. */
  private void beginsHandshake() {
    world.record();
    world.hold(s -> s.packet() instanceof World.Ike);
    a.send(b, 1);
  }

  /** The methods of the requests that a makes of it. */
  private List<Integer> answerHandshake(int method) {
    IkeMessage request =
        Forge.value(MessageDecoder.decode(world.sent.getFirst().ike())).clearMessage();
    IkeHeader header =
        new IkeHeader(request.header().spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    byte[] answer = MessageEncoder.clear(header, List.of(wants(method)));
    return messages(a.ike(answer, new Endpoint(b.address, 500), 500))
        .map(m -> method(Forge.value(MessageDecoder.decode(m)).clearMessage()))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 31, 36, 0xffff})
  void aMethodThatWasNotOfferedOrHasJustBeenTriedIsNotFollowedInAHandshake(int method) {
    beginsHandshake();

    assertThat(answerHandshake(method)).isEmpty();

    world.release();
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).as("the honest answer is still taken").containsExactly(1);
  }

  @Test
  void aMethodNamedTwiceBeginsAHandshakeAgainOnce() {
    beginsHandshake();

    assertThat(answerHandshake(P256)).containsExactly(P256);
    for (int i = 0; i < 10; i++) {
      assertThat(answerHandshake(P256)).isEmpty();
      assertThat(answerHandshake(X25519)).as("back to the first").isEmpty();
    }

    assertThat(a.crypto.liveKeyExchanges()).isEqualTo(1);
  }

  /** What is rekeyed. */
  enum Rekeyed {
    CHILD,
    IKE_SA
  }

  /** b's answers go nowhere, so that the test may answer in its name. */
  private void beginsRekey(Rekeyed rekeyed) {
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    world.state.forged();
    world.record();
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.CREATE_CHILD_SA, true));
    a.run(
        rekeyed == Rekeyed.CHILD
            ? a.endpoint().rekeyChild(b.identity, world.now())
            : a.endpoint().rekeyIkeSa(b.identity, world.now()));
  }

  /** The methods of the requests that a makes of it. */
  private List<Integer> answerRekey(int method) {
    byte[] request =
        world.sent.stream()
            .filter(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false))
            .toList()
            .getLast()
            .ike();
    IkeHeader asked = Forge.value(MessageDecoder.decode(request)).header();
    IkeHeader header =
        new IkeHeader(
            asked.spiInitiator(),
            asked.spiResponder(),
            ExchangeType.CREATE_CHILD_SA,
            false,
            true,
            asked.messageId());
    byte[] answer = Forge.seal(a.keys.ike.getFirst().copy(), header, List.of(wants(method)));
    return messages(a.ike(answer, new Endpoint(b.address, 4500), 4500))
        .filter(m -> new World.Ike(m, 4500).is(ExchangeType.CREATE_CHILD_SA, false))
        .map(m -> method(Forge.open(a.keys.ike.getFirst().copy(), m)))
        .toList();
  }

  private void assertGivesUp(Rekeyed rekeyed) {
    assertThat(a.events(ProtocolEvent.Refused.class))
        .extracting(ProtocolEvent.Refused::notifyName)
        .containsExactly("INVALID_KE_PAYLOAD");
    // §1.3.2: an IKE SA that cannot be rekeyed is authenticated anew.
    boolean anew = world.sent.stream().anyMatch(s -> s.is(a, ExchangeType.IKE_SA_INIT, false));
    assertThat(anew).isEqualTo(rekeyed == Rekeyed.IKE_SA);
    assertThat(a.crypto.liveKeyExchanges()).isEqualTo(anew ? 1 : 0);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aMethodThatWasNotOfferedEndsARekey(Rekeyed rekeyed) {
    beginsRekey(rekeyed);

    assertThat(answerRekey(KeyExchangeMethod.P384.id())).isEmpty();

    assertGivesUp(rekeyed);
  }

  @ParameterizedTest
  @EnumSource
  void aMethodNamedTwiceBeginsARekeyAgainOnce(Rekeyed rekeyed) {
    beginsRekey(rekeyed);

    assertThat(answerRekey(P256)).containsExactly(P256);
    assertThat(answerRekey(P256)).isEmpty();

    assertGivesUp(rekeyed);
  }

  @ParameterizedTest
  @EnumSource
  void aMethodThatHasBeenTriedIsNotGoneBackTo(Rekeyed rekeyed) {
    beginsRekey(rekeyed);

    assertThat(answerRekey(P256)).containsExactly(P256);
    assertThat(answerRekey(X25519)).isEmpty();

    assertGivesUp(rekeyed);
  }
}
