package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Which keys an SA is made of: additional key exchanges (RFC 9242, RFC 9370), a group that the
 * responder asks for (RFC 7296 §1.2), PPKs (RFC 8784), and none for a child (RFC 6023).
 */
class KeyExchangeSimTest {
  private static final CryptoOffer TWO_MORE =
      CryptoOffer.HYBRID.withAdditional(
          List.of(
              AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_768),
              AdditionalKeyExchange.required(KeyExchangeMethod.P256)));

  private World world = new World(1);
  private Host a = world.host("a", "10.0.0.1", 1);
  private Host b = world.host("b", "10.0.0.2", 2);

  private void again(int seed) {
    world = new World(seed);
    a = world.host("a", "10.0.0.1", 10 + seed);
    b = world.host("b", "10.0.0.2", 1000 + seed);
  }

  private void meet(CryptoOffer ofA, CryptoOffer ofB) {
    meet(ofA, ofB, Host.key(1, "k"), Host.key(1, "k"));
  }

  private void meet(CryptoOffer ofA, CryptoOffer ofB, PresharedKey keyOfA, PresharedKey keyOfB) {
    world.record();
    a.offer = ofA;
    b.offer = ofB;
    a.knows(b, Lifetimes.DEFAULT, keyOfA);
    b.knows(a, Lifetimes.DEFAULT, keyOfB);
    a.send(b, 0);
    world.run(Duration.ofSeconds(3));
  }

  private long sent(Host from, ExchangeType exchange) {
    return world.sent.stream()
        .filter(s -> s.is(from, exchange, false) && s.beginsMessage())
        .count();
  }

  private String suite(Host host) {
    return host.events(ProtocolEvent.IkeSaEstablished.class).getLast().suite();
  }

  private void assertTalk() {
    a.received.clear();
    b.received.clear();
    a.send(b, 77);
    b.send(a, 78);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).containsExactly(77);
    assertThat(a.received).containsExactly(78);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  @Test
  void theHybridProfileAddsMlKemInOneIntermediateExchange() {
    meet(CryptoOffer.HYBRID, CryptoOffer.HYBRID);
    assertThat(sent(a, ExchangeType.IKE_INTERMEDIATE)).isEqualTo(1);
    assertThat(suite(a)).endsWith("X25519+ML_KEM_768");
    assertThat(suite(b)).isEqualTo(suite(a));
    assertThat(b.received).containsExactly(0);
    assertTalk();
  }

  @Test
  void twoAdditionalExchangesFollowEachOther() {
    meet(TWO_MORE, TWO_MORE);
    assertThat(sent(a, ExchangeType.IKE_INTERMEDIATE)).isEqualTo(2);
    assertThat(suite(b)).endsWith("X25519+ML_KEM_768+P256");
    assertTalk();
  }

  @Test
  void whoRequiresTheHybridRefusesAPeerWithout() {
    meet(CryptoOffer.CLASSIC, CryptoOffer.HYBRID);
    assertThat(a.establishedWith(b)).isEmpty();
    again(2);
    meet(CryptoOffer.HYBRID, CryptoOffer.CLASSIC);
    assertThat(a.establishedWith(b)).isEmpty();
  }

  @Test
  void whoOnlyPrefersTheHybridTalksToAPeerWithout() {
    CryptoOffer optional =
        CryptoOffer.HYBRID.withAdditional(
            List.of(AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768)));
    meet(optional, CryptoOffer.CLASSIC);
    assertThat(suite(a)).endsWith("X25519");
    assertTalk();
  }

  @Test
  void rekeysRepeatAllKeyExchangesInFollowupExchanges() {
    meet(TWO_MORE, TWO_MORE);
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(7));
    assertThat(sent(a, ExchangeType.IKE_FOLLOWUP_KE)).isEqualTo(2);
    assertTalk();
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    world.run(Duration.ofSeconds(7));
    assertThat(sent(b, ExchangeType.IKE_FOLLOWUP_KE)).isEqualTo(2);
    assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertTalk();
  }

  @Test
  void crossingRekeysWithFollowupsEndWithOneOfEach() {
    for (int seed = 0; seed < 12; seed++) {
      again(seed);
      meet(CryptoOffer.HYBRID, CryptoOffer.HYBRID);
      a.run(a.endpoint().rekeyChild(b.identity, world.now()));
      b.run(b.endpoint().rekeyChild(a.identity, world.now()));
      world.run(Duration.ofSeconds(30));
      assertTalk();
      a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
      b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
      world.run(Duration.ofSeconds(30));
      assertTalk();
      assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class)).isNotEmpty();
      assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
    }
  }

  @Test
  void whatIsNotFollowedUpInTimeIsForgotten() {
    meet(CryptoOffer.HYBRID, CryptoOffer.HYBRID);
    world.block(p -> p instanceof World.Ike ike && ike.is(ExchangeType.IKE_FOLLOWUP_KE, false));
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(25));
    world.openAll();
    world.run(Duration.ofSeconds(60));
    assertTalk();
  }

  @Test
  void theResponderAsksForTheGroupItKnowsAndGetsIt() {
    CryptoOffer wants =
        CryptoOffer.CLASSIC.withKeyExchange(
            List.of(KeyExchangeMethod.P256, KeyExchangeMethod.X25519));
    meet(wants, CryptoOffer.CLASSIC);
    assertThat(sent(a, ExchangeType.IKE_SA_INIT)).isEqualTo(2);
    assertThat(suite(a)).endsWith("/X25519");
    assertTalk();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(7));
    assertThat(sent(a, ExchangeType.CREATE_CHILD_SA)).isEqualTo(2);
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(7));
    assertThat(sent(a, ExchangeType.CREATE_CHILD_SA)).isEqualTo(4);
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertTalk();
  }

  @Test
  void anIkeSaWithoutChildGetsOneWithTheFirstPacket() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.run(a.endpoint().connect(b.identity, world.now()));
    world.run(Duration.ofSeconds(2));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.childrenWith(b)).isZero();
    b.send(a, 5);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(5);
    assertTalk();
  }

  /** Behind a NAT, nobody can be told from its address, so any peer's method is acceptable. */
  @Test
  void aPeerBehindANatMayHaveAnotherAdditionalMethodThanTheRest() {
    Host other = world.host("other", "10.0.0.3", 3);
    for (int port : new int[] {500, 4500}) {
      world.network.nat(
          new Endpoint(a.address, port),
          new Endpoint(InetAddress.ofLiteral("192.0.2.1"), 20_000 + port));
    }
    b.offer = CryptoOffer.HYBRID;
    b.knows(other, Lifetimes.DEFAULT, Host.key(1, "k"));
    CryptoOffer larger =
        CryptoOffer.CLASSIC.withAdditional(
            List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_1024)));
    meet(larger, larger);
    assertThat(b.received).containsExactly(0);
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  @Test
  void bothEndsAskForTheFirstChildAtOnceAndOneRemains() {
    for (int seed = 0; seed < 12; seed++) {
      again(seed);
      a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
      b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
      a.run(a.endpoint().connect(b.identity, world.now()));
      world.run(Duration.ofSeconds(2));
      a.send(b, 1);
      b.send(a, 2);
      world.run(Duration.ofSeconds(15));
      assertThat(b.received).containsExactly(1);
      assertThat(a.received).containsExactly(2);
      assertTalk();
    }
  }

  private static PresharedKey ppk(String id, String secret, boolean required) {
    byte[] octets = secret.getBytes(StandardCharsets.US_ASCII);
    Bytes name = Bytes.copyOf(id.getBytes(StandardCharsets.US_ASCII));
    return new PresharedKey(
        1,
        SecretBytes.copyOf("k".getBytes(StandardCharsets.US_ASCII)),
        true,
        Optional.of(new Ppk(name, SecretBytes.copyOf(octets), required)));
  }

  @Test
  void aPpkInCommonIsMixedIntoTheChildKeys() {
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", true), ppk("one", "s", true));
    assertTalk();
    again(2);
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", true), ppk("one", "t", true));
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(b.establishedWith(a)).isEmpty();
  }

  @Test
  void aRequiredPpkThatThePeerLacksRefusesIt() {
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", true), Host.key(1, "k"));
    assertThat(a.establishedWith(b)).isEmpty();
    again(2);
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, Host.key(1, "k"), ppk("one", "s", true));
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(b.establishedWith(a)).isEmpty();
    again(3);
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", true), ppk("two", "s", true));
    assertThat(b.establishedWith(a)).isEmpty();
  }

  @Test
  void anOptionalPpkThatThePeerLacksIsLeftOut() {
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", false), Host.key(1, "k"));
    assertTalk();
    again(2);
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", false), ppk("two", "s", false));
    assertTalk();
  }

  @Test
  void whoeverAgreedToUseAPpkAndNamesNoneIsRefused() {
    world.state.forged();
    world.hold(s -> s.is(a, ExchangeType.IKE_AUTH, false));
    meet(CryptoOffer.CLASSIC, CryptoOffer.CLASSIC, ppk("one", "s", false), ppk("two", "s", false));
    byte[] request = world.heldMessages().getFirst().ike();
    IkeMessage message = Forge.open(a.keys.last().copy(), request);
    List<Payload> unnamed =
        message.payloads().stream()
            .filter(
                p -> !(p instanceof NotifyPayload n && n.notifyType() == NotifyType.PPK_IDENTITY))
            .toList();
    assertThat(unnamed).hasSize(message.payloads().size() - 1);
    b.ike(
        Forge.seal(a.keys.last().copy(), message.header(), unnamed),
        new Endpoint(a.address, 4500),
        4500);
    assertThat(b.establishedWith(a)).isEmpty();
    world.run(Duration.ofMillis(100));
    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(e -> e.notifyName().equals("AUTHENTICATION_FAILED"));
  }
}
