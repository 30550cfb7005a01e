package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.keymat.PskAuth;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * IKE SAs that begin without a child (RFC 6023). The names are those of strongSwan's suite
 * childless.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class ChildlessScenariosTest {
  private static final String PSK = "k";

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private byte[] init = new byte[0];

  @BeforeEach
  void declare() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, PSK));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, PSK));
    world.record();
  }

  private void aConnects() {
    a.run(a.endpoint().connect(b.identity, world.now()));
  }

  private World.Sent sent(Host from, ExchangeType exchange, boolean response) {
    List<World.Sent> all = world.sent.stream().filter(s -> s.is(from, exchange, response)).toList();
    assertThat(all).as("%s of %s", exchange, from.identity).isNotEmpty();
    return all.getFirst();
  }

  private IkeMessage open(World.Sent sent) {
    return Forge.open(a.keys.last().copy(), sent.ike());
  }

  private static IkeMessage clear(byte[] message) {
    return Forge.value(MessageDecoder.decode(message)).clearMessage();
  }

  private static boolean hasChild(IkeMessage message) {
    boolean sa = message.first(SaPayload.class).isPresent();
    assertThat(message.all(TsPayload.class)).hasSize(sa ? 2 : 0);
    return sa;
  }

  private void assertChildless() {
    assertThat(clear(sent(b, ExchangeType.IKE_SA_INIT, true).ike()))
        .matches(m -> m.has(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
    assertThat(hasChild(open(sent(a, ExchangeType.IKE_AUTH, false)))).isFalse();
    assertThat(hasChild(open(sent(b, ExchangeType.IKE_AUTH, true)))).isFalse();
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.childrenWith(b) + b.childrenWith(a)).isZero();
  }

  private void assertChildFollowed() {
    for (World.Sent message :
        List.of(
            sent(a, ExchangeType.CREATE_CHILD_SA, false),
            sent(b, ExchangeType.CREATE_CHILD_SA, true))) {
      assertThat(hasChild(open(message))).isTrue();
      assertThat(open(message).first(KePayload.class)).isPresent();
    }
    assertThat(world.sent.stream().filter(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false)))
        .hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(b.received).containsExactly(1);
  }

  @Test
  void regular() {
    world.hold(s -> s.is(b, ExchangeType.IKE_AUTH, true));
    aConnects();
    world.run(Duration.ofMillis(20));
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertThat(world.held()).isEqualTo(1);
    world.release();
    world.run(Duration.ofNanos(1_500_000));
    assertChildless();
    world.run(Duration.ofMillis(20));
    assertChildFollowed();
  }

  @Test
  void regular_manual() {
    aConnects();
    world.run(Duration.ofSeconds(10));
    assertChildless();
    assertThat(world.sent).as("IKE_SA_INIT and IKE_AUTH").hasSize(4);
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertChildFollowed();
  }

  /** Before IKE_AUTH is sent there is still time to ask for the child in it. */
  @Test
  void a_packet_that_comes_in_time_has_its_child_in_ike_auth() {
    aConnects();
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertChildInAuth();
    assertThat(world.sent).hasSize(4);
  }

  @Test
  void a_packet_that_comes_during_ike_intermediate_has_its_child_in_ike_auth() {
    a.offer = CryptoOffer.HYBRID;
    b.offer = CryptoOffer.HYBRID;
    declare();
    world.hold(s -> s.is(b, ExchangeType.IKE_INTERMEDIATE, true));
    aConnects();
    world.run(Duration.ofMillis(20));
    a.send(b, 1);
    world.release();
    world.run(Duration.ofMillis(20));
    assertChildInAuth();
  }

  private void assertChildInAuth() {
    assertThat(hasChild(open(sent(a, ExchangeType.IKE_AUTH, false)))).isTrue();
    assertThat(world.sent).noneMatch(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false));
    assertThat(b.received).containsExactly(1);
  }

  /** b's answer to IKE_AUTH holds something else. */
  private World.Packet reworded(World.Ike answer, UnaryOperator<List<Payload>> change) {
    IkeMessage message = Forge.open(b.keys.last().copy(), answer.message());
    byte[] other =
        Forge.seal(b.keys.last().copy(), message.header(), change.apply(message.payloads()));
    return new World.Ike(other, answer.fromPort());
  }

  /** A responder that does not know RFC 6023, and signs what it has said. */
  private World.Packet withoutAnnouncement(World.Packet packet) {
    if (!(packet instanceof World.Ike ike)) {
      return packet;
    }
    if (ike.is(ExchangeType.IKE_SA_INIT, true)) {
      IkeMessage message = clear(ike.message());
      List<Payload> rest = new ArrayList<>(message.payloads());
      assertThat(rest.removeIf(ChildlessScenariosTest::isAnnouncement)).isTrue();
      init = MessageEncoder.clear(message.header(), rest);
      return new World.Ike(init, ike.fromPort());
    }
    return ike.is(ExchangeType.IKE_AUTH, true) ? reworded(ike, this::signed) : packet;
  }

  private static boolean isAnnouncement(Payload payload) {
    return payload instanceof NotifyPayload n
        && n.notifyType() == NotifyType.CHILDLESS_IKEV2_SUPPORTED;
  }

  private List<Payload> signed(List<Payload> payloads) {
    List<Payload> result = new ArrayList<>(payloads);
    IdPayload id =
        payloads.stream()
            .filter(IdPayload.class::isInstance)
            .map(IdPayload.class::cast)
            .findFirst()
            .orElseThrow();
    Bytes nonceI = clear(sent(a, ExchangeType.IKE_SA_INIT, false).ike()).nonce().orElseThrow();
    SecretBytes auth =
        PskAuth.compute(
            new JdkCryptoProvider().prf(PrfAlgorithm.HMAC_SHA2_256),
            Host.key(1, PSK).secret(),
            init,
            nonceI,
            b.keys.last().copy().skPr(),
            id.body());
    result.replaceAll(p ->
        p instanceof AuthPayload
            ? new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth.use(Bytes::copyOf))
            : p);
    return result;
  }

  /**
   * There the initiator insists and gives up. Ours only prefers to do without: where the responder
   * announces nothing it asks for the child in IKE_AUTH, as it then must (RFC 6023 §3).
   */
  @Test
  void failure_init() {
    world.tamper(this::withoutAnnouncement);
    aConnects();
    world.run(Duration.ofMillis(20));
    assertThat(hasChild(open(sent(a, ExchangeType.IKE_AUTH, false)))).isTrue();
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertThat(b.received).containsExactly(1);
  }

  /** Ours as the initiator, which wants a child: b is made to refuse, as ours never does. */
  @Test
  void failure_resp() {
    world.state.forged();
    world.tamper(packet ->
        packet instanceof World.Ike ike && ike.is(ExchangeType.IKE_AUTH, true)
            ? reworded(ike, p -> List.of(NotifyPayload.of(NotifyType.INVALID_SYNTAX)))
            : packet);
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertThat(clear(sent(b, ExchangeType.IKE_SA_INIT, true).ike()))
        .matches(m -> m.has(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
    assertThat(hasChild(open(sent(a, ExchangeType.IKE_AUTH, false)))).isTrue();
    assertThat(a.endpoint().view()).isEmpty();
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .extracting(ProtocolEvent.IkeSaClosed::reason)
        .containsExactly(CloseReason.UNEXPECTED_ANSWER);
    assertThat(a.events(ProtocolEvent.ChildSaInstalled.class)).isEmpty();
    assertThat(a.crypto.liveCiphers()).isZero();
    assertThat(world.sent).as("nothing more is said").hasSize(4);
  }

  /**
   * Ours as the responder: what it announces it does not ask for (RFC 6023 §3: a responder that
   * announces it answers without a child only where the request has none).
   */
  @Test
  void a_responder_that_announces_it_makes_the_child_that_ike_auth_asks_for() {
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    assertThat(clear(sent(b, ExchangeType.IKE_SA_INIT, true).ike()))
        .matches(m -> m.has(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
    assertThat(hasChild(open(sent(a, ExchangeType.IKE_AUTH, false)))).isTrue();
    assertThat(hasChild(open(sent(b, ExchangeType.IKE_AUTH, true)))).isTrue();
    assertThat(b.received).containsExactly(1);
    assertThat(world.sent).hasSize(4);
  }
}
