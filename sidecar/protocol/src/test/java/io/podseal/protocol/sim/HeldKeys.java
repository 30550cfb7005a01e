package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** b, which has an SA with a, and a test that speaks for a with the keys of that SA. */
abstract class HeldKeys {
  static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  final World world = new World(1);
  final Host a = world.host("a", "10.0.0.1", 1);
  final Host b = world.host("b", "10.0.0.2", 2);

  /** The next message ID that b expects of a. */
  int nextId = 2;

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
    world.state.forged();
  }

  IkeHeader request(ExchangeType exchange, int messageId) {
    Keys.IkeSaKeys sa = a.keys.last();
    return new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, false, messageId);
  }

  List<Action> deliver(byte[] message) {
    return b.ike(message, new Endpoint(a.address, 4500), 4500);
  }

  /** b's answer to a's next request. */
  IkeMessage answer(ExchangeType exchange, List<? extends Payload> payloads) {
    return answer(deliver(Forge.seal(a.keys.last().copy(), request(exchange, nextId++), payloads)));
  }

  IkeMessage answer(List<Action> actions) {
    List<byte[]> answers = answers(actions);
    assertThat(answers).hasSize(1);
    return Forge.open(a.keys.last().copy(), answers.getFirst());
  }

  static List<byte[]> answers(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .filter(m -> (m[19] & 0x20) != 0)
        .toList();
  }

  static void assertError(IkeMessage answer, int notifyType) {
    assertThat(answer.payloads()).hasSize(1);
    assertThat(answer.error().map(NotifyPayload::notifyType)).contains(notifyType);
  }

  int currentSpiOfA() {
    return b.outboundSpiTo(a).orElseThrow();
  }

  void assertAlive() {
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(answer(ExchangeType.INFORMATIONAL, List.of()).payloads()).isEmpty();
  }

  void assertEndedBySyntax() {
    assertThat(b.establishedWith(a)).isEmpty();
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.INVALID_SYNTAX);
  }

  /** A rekey request of the current child as it should be. */
  List<Payload> rekey() {
    return rekey(
        NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, currentSpiOfA()),
        0x12345678);
  }

  List<Payload> rekey(NotifyPayload notify, int newSpi) {
    byte[] ke =
        new JdkCryptoProvider().keyExchange(KeyExchangeMethod.X25519, b -> b[0] = 1).publicValue();
    return new ArrayList<>(
        List.of(
            notify,
            NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
            new SaPayload(Proposals.esp(GCM, newSpi, Pfs.REQUIRED)),
            new NoncePayload(new Gen(3).octets(32, 32)),
            new KePayload(KeyExchangeMethod.X25519.id(), Bytes.copyOf(ke)),
            new TsPayload(true, List.of(TrafficSelector.host(a.address))),
            new TsPayload(false, List.of(TrafficSelector.host(b.address)))));
  }
}
