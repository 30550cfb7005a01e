package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody who has proven nothing gets: little, rarely, and never more than was sent. */
class StrangerSimTest {
  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  /** The public value of a private key that nobody needs. */
  private static final Bytes PUBLIC_VALUE =
      Bytes.copyOf(
          new JdkCryptoProvider()
              .keyExchange(KeyExchangeMethod.X25519, b -> b[0] = 1)
              .publicValue());

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private static IkeHeader init(long spi) {
    return new IkeHeader(spi, 0, ExchangeType.IKE_SA_INIT, true, false, 0);
  }

  private static List<Payload> payloads(KePayload ke, int nonceLength) {
    return new ArrayList<>(
        List.of(
            new SaPayload(Proposals.ike(GCM, Bytes.EMPTY)),
            ke,
            new NoncePayload(new Gen(1).octets(nonceLength, nonceLength)),
            NotifyPayload.of(NotifyType.NAT_DETECTION_SOURCE_IP, new Gen(2).octets(20, 20)),
            NotifyPayload.of(NotifyType.NAT_DETECTION_DESTINATION_IP, new Gen(3).octets(20, 20))));
  }

  private static byte[] request(long spi) {
    return MessageEncoder.clear(init(spi), payloads(new KePayload(31, PUBLIC_VALUE), 32));
  }

  private static Endpoint from(int number) {
    try {
      byte[] address = {10, 9, (byte) (number >>> 8), (byte) number};
      return new Endpoint(InetAddress.getByAddress(address), 500);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private List<byte[]> answers(byte[] request, Endpoint from) {
    return b.ike(request, from, 500).stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .toList();
  }

  private IkeMessage answer(byte[] request, Endpoint from) {
    List<byte[]> answers = answers(request, from);
    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst().length).isLessThanOrEqualTo(request.length);
    return Forge.value(MessageDecoder.decode(answers.getFirst())).clearMessage();
  }

  @Test
  void aRequestThatIsNotLongerThanOurAnswerMustReturnACookie() {
    Proposal small =
        new Proposal(
            1,
            Proposal.IKE,
            Bytes.EMPTY,
            List.of(
                Transform.of(TransformType.ENCR, 20, 256),
                Transform.of(TransformType.PRF, 5),
                Transform.of(TransformType.KE, 31)));
    List<Payload> payloads = payloads(new KePayload(31, PUBLIC_VALUE), 16);
    payloads.set(0, new SaPayload(List.of(small)));
    byte[] request = MessageEncoder.clear(init(7), payloads);
    assertThat(request.length).isLessThan(200);

    IkeMessage challenge = answer(request, from(1));
    NotifyPayload cookie = challenge.notify(NotifyType.COOKIE).orElseThrow();
    assertThat(challenge.payloads()).hasSize(1);
    assertThat(b.endpoint().view()).isEmpty();

    payloads.addFirst(cookie);
    byte[] second = MessageEncoder.clear(init(7), payloads);
    assertThat(answer(second, from(1)).first(SaPayload.class)).isPresent();
    assertThat(b.endpoint().view()).hasSize(1);
  }

  @Test
  void underLoadACookieIsGoodForItsAddressItsNonceAndHalfAMinute() {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      assertThat(answers(request(i), from(i))).hasSize(1);
    }
    NotifyPayload cookie = answer(request(7000), from(900)).notify(NotifyType.COOKIE).orElseThrow();
    byte[] good = withCookie(7000, cookie, 32);
    assertThat(answer(good, from(901)).has(NotifyType.COOKIE)).as("other address").isTrue();
    Endpoint otherPort = new Endpoint(from(900).address(), 501);
    assertThat(answer(good, otherPort).has(NotifyType.COOKIE)).as("other port").isTrue();
    assertThat(answer(withCookie(7001, cookie, 32), from(900)).has(NotifyType.COOKIE))
        .as("other SPI")
        .isTrue();
    assertThat(answer(withCookie(7000, cookie, 33), from(900)).has(NotifyType.COOKIE))
        .as("other nonce")
        .isTrue();
    world.run(Duration.ofSeconds(14));
    assertThat(answer(good, from(900)).first(SaPayload.class)).as("in time").isPresent();

    NotifyPayload late = answer(request(8000), from(902)).notify(NotifyType.COOKIE).orElseThrow();
    world.run(Duration.ofSeconds(31));
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(request(9000 + i), from(i));
    }
    assertThat(answer(withCookie(8000, late, 32), from(902)).has(NotifyType.COOKIE))
        .as("too late")
        .isTrue();
  }

  private static byte[] withCookie(long spi, NotifyPayload cookie, int nonceLength) {
    List<Payload> payloads = payloads(new KePayload(31, PUBLIC_VALUE), nonceLength);
    payloads.addFirst(cookie);
    return MessageEncoder.clear(init(spi), payloads);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 19, 1024, 1025, 0xffff})
  void cve_2014_9221_aKeyExchangeOfAnotherMethodIsToldOurs(int method) {
    byte[] request =
        MessageEncoder.clear(
            init(7), payloads(new KePayload(method, new Gen(1).octets(64, 64)), 32));
    IkeMessage answer = answer(request, from(1));
    NotifyPayload notify = answer.notify(NotifyType.INVALID_KE_PAYLOAD).orElseThrow();
    assertThat(notify.data()).isEqualTo(Bytes.ofHex("001f"));
    assertThat(answer.header().spiResponder()).isZero();
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void cve_2015_3240_anAllZeroSharedSecretIsDropped() {
    for (String lowOrder : List.of("00".repeat(32), "01" + "00".repeat(31))) {
      byte[] request =
          MessageEncoder.clear(init(7), payloads(new KePayload(31, Bytes.ofHex(lowOrder)), 32));
      assertThat(answers(request, from(1))).isEmpty();
    }
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(2);
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveKeyExchanges()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 33, 64, 255, 256, 4096})
  void cve_2023_41913_aKeyExchangeValueOfAnotherLengthIsDropped(int length) {
    byte[] request =
        MessageEncoder.clear(
            init(7), payloads(new KePayload(31, new Gen(1).octets(length, length)), 256));
    assertThat(answers(request, from(1))).isEmpty();
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(1);
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveKeyExchanges()).isZero();
  }

  @Test
  void aRequestWithoutAcceptableProposalOrNatTraversalIsRefusedInShort() {
    List<Payload> noNat = payloads(new KePayload(31, PUBLIC_VALUE), 32);
    noNat.removeLast();
    noNat.add(new OpaquePayload(200, false, new Gen(1).octets(40, 40)));
    assertThat(
            answer(MessageEncoder.clear(init(7), noNat), from(1))
                .has(NotifyType.NO_PROPOSAL_CHOSEN))
        .isTrue();
    List<Payload> weak = payloads(new KePayload(31, PUBLIC_VALUE), 32);
    Proposal cbc =
        new Proposal(
            1, Proposal.IKE, Bytes.EMPTY, List.of(Transform.of(TransformType.ENCR, 12, 256)));
    weak.set(0, new SaPayload(List.of(cbc)));
    weak.add(new OpaquePayload(200, false, new Gen(1).octets(90, 90)));
    assertThat(
            answer(MessageEncoder.clear(init(7), weak), from(1)).has(NotifyType.NO_PROPOSAL_CHOSEN))
        .isTrue();
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void headersThatNoFirstRequestHasAreDropped() {
    for (IkeHeader wrong :
        List.of(
            new IkeHeader(7, 8, ExchangeType.IKE_SA_INIT, true, false, 0),
            new IkeHeader(7, 0, ExchangeType.IKE_SA_INIT, false, false, 0),
            new IkeHeader(7, 0, ExchangeType.IKE_SA_INIT, true, false, 1))) {
      byte[] request = MessageEncoder.clear(wrong, payloads(new KePayload(31, PUBLIC_VALUE), 32));
      assertThat(answers(request, from(1))).isEmpty();
    }
    assertThat(b.drops(DropReason.IKE_HEADER)).isEqualTo(3);
  }

  @Test
  void cve_2016_5361_noAnswerToAStrangerIsLongerThanTheRequestWhateverThatHolds() {
    int answered = 0;
    for (int seed = 0; seed < 3_000; seed++) {
      Gen gen = new Gen(seed);
      List<Payload> payloads = new ArrayList<>(payloads(new KePayload(31, PUBLIC_VALUE), 16));
      payloads.remove(seed % 5);
      payloads.addAll(gen.payloads());
      byte[] request = MessageEncoder.clear(init(seed + 1), payloads);
      for (byte[] answer : answers(request, from(seed))) {
        assertThat(answer.length).as("seed %d", seed).isLessThanOrEqualTo(request.length);
        answered++;
      }
    }
    assertThat(answered).isGreaterThan(300);
  }

  @Test
  void aFloodFromOneSourceIsRateLimitedAndOthersAreServed() {
    int answered = 0;
    for (int i = 1; i <= 10_000; i++) {
      answered += answers(request(i), from(1)).size();
    }
    assertThat(answered).isBetween(50, 100);
    assertThat(b.drops(DropReason.RATE_LIMITED)).isEqualTo(9_900);
    assertThat(b.endpoint().view().size()).isLessThanOrEqualTo(Limits.HALF_OPEN_PER_SOURCE);
    assertThat(answers(request(20_000), from(2))).hasSize(1);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveCiphers()).isZero();
  }

  @Test
  void aSourceWithManyHalfOpenSasMustReturnCookiesWhileOthersNeedNot() {
    for (int i = 1; i <= Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES; i++) {
      assertThat(answer(request(i), from(1)).first(SaPayload.class)).isPresent();
    }
    NotifyPayload cookie = answer(request(50), from(1)).notify(NotifyType.COOKIE).orElseThrow();
    assertThat(b.drops(DropReason.IKE_COOKIE_REQUIRED)).isEqualTo(1);
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES);
    assertThat(answer(withCookie(50, cookie, 32), from(1)).first(SaPayload.class)).isPresent();
    assertThat(answer(request(51), from(2)).first(SaPayload.class)).isPresent();
  }

  @Test
  void beyondTheBoundOfIkeSasNobodyBeginsAnother() {
    b.options(IkeOptions.DEFAULT.withIkeSas(3));
    for (int i = 1; i <= 5; i++) {
      assertThat(answers(request(i), from(i))).hasSize(i <= 3 ? 1 : 0);
    }
    assertThat(b.drops(DropReason.IKE_TOO_MANY_SAS)).isEqualTo(2);
    assertThat(b.endpoint().view()).hasSize(3);
    world.run(Duration.ofSeconds(31));
    assertThat(answers(request(9), from(9))).hasSize(1);
  }

  @Test
  void anExpensiveKeyExchangeIsBegunOnlyForWhoReturnedACookie() {
    KePayload modp = new KePayload(14, new Gen(1).octets(256, 256));
    List<Payload> payloads = payloads(modp, 32);
    IkeMessage challenge = answer(MessageEncoder.clear(init(7), payloads), from(1));
    NotifyPayload cookie = challenge.notify(NotifyType.COOKIE).orElseThrow();
    assertThat(b.endpoint().view()).isEmpty();
    payloads.addFirst(cookie);
    assertThat(answer(MessageEncoder.clear(init(7), payloads), from(1)).has(NotifyType.COOKIE))
        .isFalse();
  }

  @Test
  void expensiveKeyExchangesBeyondTheBudgetAreDroppedAndCheapOnesAreNot() {
    KePayload modp = new KePayload(16, new Gen(1).octets(512, 512));
    int begun = 0;
    for (int i = 1; i <= 20; i++) {
      List<Payload> payloads = payloads(modp, 32);
      byte[] first = MessageEncoder.clear(init(i), payloads);
      payloads.addFirst(answer(first, from(i)).notify(NotifyType.COOKIE).orElseThrow());
      begun += answers(MessageEncoder.clear(init(i), payloads), from(i)).size();
    }
    assertThat(begun).isEqualTo(2);
    assertThat(b.drops(DropReason.IKE_KEY_EXCHANGE_RATE)).isEqualTo(18);
    assertThat(answer(request(99), from(99)).first(SaPayload.class)).isPresent();
  }

  @Test
  void aCookieOutlivesOneChangeOfTheSecretAndNoMore() {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(request(i), from(i));
    }
    assertThat(answer(request(6999), from(899)).has(NotifyType.COOKIE)).isTrue();
    // The secret is two minutes old at 120 s; this cookie is made shortly before.
    world.run(Duration.ofSeconds(119));
    fillUp(1_000);
    NotifyPayload cookie = answer(request(7000), from(900)).notify(NotifyType.COOKIE).orElseThrow();
    world.run(Duration.ofSeconds(2));
    NotifyPayload next = answer(request(7001), from(901)).notify(NotifyType.COOKIE).orElseThrow();
    assertThat(next.data().u8(0)).isEqualTo(cookie.data().u8(0) + 1);
    assertThat(answer(withCookie(7000, cookie, 32), from(900)).first(SaPayload.class)).isPresent();
    world.run(Duration.ofSeconds(121));
    fillUp(2_000);
    assertThat(answer(withCookie(7001, next, 32), from(901)).has(NotifyType.COOKIE)).isTrue();
  }

  /** Brings b to where it asks for cookies. */
  private void fillUp(int firstSpi) {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(request(firstSpi + i), from(i));
    }
  }

  @Test
  void aFloodFromManySourcesLeavesNothingButItsFirst() {
    for (int i = 1; i <= 9_000; i++) {
      answers(request(i), from(i));
    }
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN_BEFORE_COOKIES);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void thoseThatFailToAuthenticateAreBoundedToo() {
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    for (int i = 0; i < 300; i++) {
      Host liar = new Host(world, "liar-" + i, "10.0.0.9", 1000 + i);
      liar.knows(b, Lifetimes.DEFAULT, Host.key(1, "another"));
      converse(liar);
      world.run(Duration.ofMillis(20));
    }
    assertThat(b.drops(DropReason.IKE_TOO_MANY_HALF_OPEN)).isPositive();
    assertThat(b.endpoint().view().size()).isEqualTo(Limits.HALF_OPEN_PER_SOURCE);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
  }

  /** Exchanges messages with b, without the network, until neither has more to say. */
  private void converse(Host liar) {
    List<Action> actions = liar.endpoint().sealingNeeded(b.identity, world.now());
    for (int i = 0; i < 6 && !actions.isEmpty(); i++) {
      List<Action> next = new ArrayList<>();
      for (Action action : actions) {
        if (action instanceof Action.Send s) {
          boolean toUs = s.to().address().equals(liar.address);
          int port = s.encapsulated() ? 4500 : 500;
          next.addAll(
              toUs
                  ? liar.endpoint()
                      .datagram(
                          s.message(),
                          new Endpoint(b.address, port),
                          new Endpoint(liar.address, port),
                          world.now())
                  : b.endpoint()
                      .datagram(
                          s.message(),
                          new Endpoint(liar.address, port),
                          new Endpoint(b.address, port),
                          world.now()));
        } else if (action instanceof Action.Drop d) {
          b.drops.merge(d.reason(), 1, Integer::sum);
        }
      }
      actions = next;
    }
    world.arm(b);
  }
}
