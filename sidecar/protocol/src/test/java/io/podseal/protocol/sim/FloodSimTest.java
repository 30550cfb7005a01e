package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Floods of strangers, and peers that begin more than they end: what is kept and done is bounded.
 */
class FloodSimTest extends AskedByStrangers {
  private static final KePayload LOW_ORDER = new KePayload(31, Bytes.ofHex("00".repeat(32)));

  @Test
  void aFloodFromOneSourceIsRateLimitedAndOthersAreServed() {
    int answered = 0;
    for (int i = 1; i <= 10_000; i++) {
      answered += answers(Stranger.request(i), Stranger.at(1)).size();
    }
    assertThat(answered).isEqualTo(Limits.ANSWER_BURST + Limits.CHALLENGE_BURST);
    assertThat(b.drops(DropReason.RATE_LIMITED)).isEqualTo(10_000 - answered);
    assertThat(b.drops(DropReason.IKE_COOKIE_REQUIRED))
        .as("all but the first")
        .isEqualTo(answered - Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES);
    assertThat(b.endpoint().view().size()).isLessThanOrEqualTo(Limits.HALF_OPEN_PER_SOURCE);
    assertThat(answers(Stranger.request(20_000), Stranger.at(2))).hasSize(1);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveCiphers()).isZero();
  }

  @Test
  void aSourceWithManyHalfOpenSasMustReturnCookiesWhileOthersNeedNot() {
    for (int i = 1; i <= Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES; i++) {
      assertThat(answer(Stranger.request(i), Stranger.at(1)).first(SaPayload.class)).isPresent();
    }
    NotifyPayload cookie =
        answer(Stranger.request(50), Stranger.at(1)).notify(NotifyType.COOKIE).orElseThrow();
    assertThat(b.drops(DropReason.IKE_COOKIE_REQUIRED)).isEqualTo(1);
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES);
    assertThat(answer(Stranger.withCookie(50, cookie, 32), Stranger.at(1)).first(SaPayload.class))
        .isPresent();
    assertThat(answer(Stranger.request(51), Stranger.at(2)).first(SaPayload.class)).isPresent();
  }

  @Test
  void beyondTheBoundOfIkeSasNobodyBeginsAnother() {
    b.options(IkeOptions.DEFAULT.withIkeSas(3));
    for (int i = 1; i <= 5; i++) {
      assertThat(answers(Stranger.request(i), Stranger.at(i))).hasSize(i <= 3 ? 1 : 0);
    }
    assertThat(b.drops(DropReason.IKE_TOO_MANY_SAS)).isEqualTo(2);
    assertThat(b.endpoint().view()).hasSize(3);
    world.run(Duration.ofSeconds(31));
    assertThat(answers(Stranger.request(9), Stranger.at(9))).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"MODP_2048", "MODP_3072", "MODP_4096"})
  void anExpensiveKeyExchangeIsBegunOnlyForWhoReturnedACookie(KeyExchangeMethod method) {
    CryptoOffer offer = CryptoOffer.CLASSIC.withKeyExchange(List.of(method));
    b.offer = offer;
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    int length = method.requestLength();
    List<Payload> payloads =
        Stranger.payloads(new KePayload(method.id(), new Gen(1).octets(length, length)), 32);
    payloads.set(0, new SaPayload(Proposals.ike(offer, Bytes.EMPTY)));
    IkeMessage challenge = answer(MessageEncoder.clear(Stranger.init(7), payloads), Stranger.at(1));
    NotifyPayload cookie = challenge.notify(NotifyType.COOKIE).orElseThrow();
    assertThat(b.endpoint().view()).isEmpty();
    payloads.addFirst(cookie);
    IkeMessage answer = answer(MessageEncoder.clear(Stranger.init(7), payloads), Stranger.at(1));
    assertThat(answer.first(KePayload.class).map(KePayload::method)).contains(method.id());
    assertThat(b.endpoint().view()).hasSize(1);
  }

  @Test
  void expensiveKeyExchangesBeyondTheBudgetAreDroppedAndCheapOnesAreNot() {
    b.offer =
        CryptoOffer.CLASSIC.withKeyExchange(
            List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.MODP_4096));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    CryptoOffer offer = CryptoOffer.CLASSIC.withKeyExchange(List.of(KeyExchangeMethod.MODP_4096));
    KePayload modp = new KePayload(16, new Gen(1).octets(512, 512));
    for (int i = 1; i <= 20; i++) {
      List<Payload> payloads = Stranger.payloads(modp, 32);
      payloads.set(0, new SaPayload(Proposals.ike(offer, Bytes.EMPTY)));
      byte[] first = MessageEncoder.clear(Stranger.init(i), payloads);
      payloads.addFirst(answer(first, Stranger.at(i)).notify(NotifyType.COOKIE).orElseThrow());
      answers(MessageEncoder.clear(Stranger.init(i), payloads), Stranger.at(i));
    }
    assertThat(b.endpoint().view()).hasSize(2);
    assertThat(b.drops(DropReason.IKE_KEY_EXCHANGE_RATE)).isEqualTo(18);
    assertThat(answer(Stranger.request(99), Stranger.at(99)).first(SaPayload.class)).isPresent();
  }

  @Test
  void aFloodFromManySourcesLeavesNothingButItsFirst() {
    for (int i = 1; i <= 9_000; i++) {
      answers(Stranger.request(i), Stranger.at(i));
    }
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN_BEFORE_COOKIES);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void halfOpenSasAreBoundedInAllThoughEverySourceReturnsItsCookie() {
    int made = 0;
    for (int i = 1; i <= Limits.HALF_OPEN + 20; i++) {
      List<byte[]> answers = answers(Stranger.request(i), Stranger.at(i));
      if (i > Limits.HALF_OPEN_BEFORE_COOKIES) {
        NotifyPayload cookie = cookie(answers);
        answers = answers(Stranger.withCookie(i, cookie, 32), Stranger.at(i));
      }
      made += answers.size();
    }
    assertThat(made).isEqualTo(Limits.HALF_OPEN);
    assertThat(b.drops(DropReason.IKE_TOO_MANY_HALF_OPEN)).isEqualTo(20);
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN);
    world.run(Duration.ofSeconds(31));
    assertThat(answer(Stranger.request(9_000), Stranger.at(9_000)).first(SaPayload.class))
        .isPresent();
  }

  private static NotifyPayload cookie(List<byte[]> challenge) {
    return Forge.value(MessageDecoder.decode(challenge.getFirst()))
        .clearMessage()
        .notify(NotifyType.COOKIE)
        .orElseThrow();
  }

  @Test
  void cheapKeyExchangesTooAreBoundedThoughTheyLeaveNothingAndEachSourceReturnsItsCookie() {
    for (int i = 1; i <= Limits.KEY_EXCHANGE_BURST + 50; i++) {
      leavesNothing(i);
    }
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(Limits.KEY_EXCHANGE_BURST);
    assertThat(b.drops(DropReason.IKE_KEY_EXCHANGE_RATE)).isEqualTo(50);
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void aFloodThatLeavesNothingTakesNothingFromWhoReturnsItsCookie() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    for (int i = 1; i <= 10 * Limits.KEY_EXCHANGE_BURST; i++) {
      answers(lowOrder(i), Stranger.at(i));
    }
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(Limits.KEY_EXCHANGE_BURST / 2 + 1);
    a.send(b, 1);
    world.run(Duration.ofMillis(100));
    assertThat(b.received).containsExactly(1);
  }

  /** Five times as many as an address gets answers. */
  @Test
  void aFloodInAPeersNameDoesNotKeepItOut() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    Endpoint ofA = new Endpoint(a.address, 500);
    int perSecond = 5 * Limits.ANSWER_RATE;
    int sent = 0;
    for (int second = 0; second < 10; second++) {
      for (int i = 0; i < perSecond; i++) {
        answers(Stranger.request(++sent), ofA);
        if (sent == 3 * perSecond) {
          a.send(b, 1);
        }
        world.run(Duration.ofSeconds(1).dividedBy(perSecond));
      }
    }
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
    assertThat(b.received).containsExactly(1);
  }

  /** Eight hosts that return their cookies, and one that began in a's name before. */
  @Test
  void strangersThatHoldEveryPlaceDoNotKeepAPeerOut() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    for (int i = 1; i <= Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES; i++) {
      answers(Stranger.request(90_000 + i), new Endpoint(a.address, 500));
    }
    for (int host = 1; host <= 8; host++) {
      for (int i = 0; i < Limits.HALF_OPEN_PER_SOURCE; i++) {
        beginsWithCookie(1_000 * host + i, Stranger.at(host));
      }
    }
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN);
    assertThat(b.drops(DropReason.IKE_TOO_MANY_HALF_OPEN)).isPositive();

    a.send(b, 1);
    world.run(Duration.ofSeconds(3));

    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
    assertThat(b.received).containsExactly(1);
    beginsWithCookie(99_000, Stranger.at(9));
    assertThat(b.endpoint().view()).as("a stranger still waits").hasSize(Limits.HALF_OPEN + 1);
  }

  /** What is kept for a peer's address is bounded as well. */
  @Test
  void whoeverHasAPeersAddressHoldsAFewPlacesBesideThoseOfStrangers() {
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    for (int i = 1; i <= Limits.HALF_OPEN_PER_SOURCE; i++) {
      for (int host = 1; host <= 8; host++) {
        beginsWithCookie(1_000 * host + i, Stranger.at(host));
      }
    }
    for (int i = 0; i < 20; i++) {
      beginsWithCookie(90_000 + i, new Endpoint(a.address, 500));
    }
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN + Limits.HALF_OPEN_KEPT_FOR_PEER);
    world.run(Duration.ofSeconds(31));
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(answers(Stranger.request(99_000), new Endpoint(a.address, 500))).hasSize(1);
  }

  @Test
  void strangersThatUseUpTheirKeyExchangesLeaveAPeersAddressItsOwn() {
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    int sent = 0;
    while (b.drops(DropReason.IKE_KEY_EXCHANGE_RATE) == 0) {
      leavesNothing(++sent);
    }
    Endpoint ofA = new Endpoint(a.address, 500);
    NotifyPayload cookie =
        answer(Stranger.request(90_000), ofA).notify(NotifyType.COOKIE).orElseThrow();
    assertThat(answer(Stranger.withCookie(90_000, cookie, 32), ofA).first(SaPayload.class))
        .isPresent();
    leavesNothing(++sent);
    assertThat(b.drops(DropReason.IKE_KEY_EXCHANGE_RATE)).isEqualTo(2);
  }

  /** A request of a stranger that returns its cookie if it is asked for one. */
  private void beginsWithCookie(int spi, Endpoint from) {
    List<byte[]> answers = answers(Stranger.request(spi), from);
    if (!answers.isEmpty() && isChallenge(answers)) {
      answers(Stranger.withCookie(spi, cookie(answers), 32), from);
    }
  }

  /** A request of a stranger that returns its cookie, for a key exchange that fails. */
  private void leavesNothing(int spi) {
    List<byte[]> answers = answers(lowOrder(spi), Stranger.at(spi));
    if (!answers.isEmpty()) {
      List<Payload> payloads = Stranger.payloads(LOW_ORDER, 32);
      payloads.addFirst(cookie(answers));
      assertThat(answers(MessageEncoder.clear(Stranger.init(spi), payloads), Stranger.at(spi)))
          .isEmpty();
    }
  }

  private static boolean isChallenge(List<byte[]> answers) {
    return Forge.value(MessageDecoder.decode(answers.getFirst()))
        .clearMessage()
        .has(NotifyType.COOKIE);
  }

  private static byte[] lowOrder(int spi) {
    return MessageEncoder.clear(Stranger.init(spi), Stranger.payloads(LOW_ORDER, 32));
  }

  @Test
  void theBoundOfIkeSasLeavesRoomForAThousandPeers() {
    assertThat(IkeOptions.DEFAULT.ikeSas()).isEqualTo(1_000 * Limits.ESTABLISHED_PER_PEER);
  }

  @Test
  void aPeerThatNeverDeletesWhatItReplacesKeepsFourSas() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));
    a.send(b, 1);
    world.run(Duration.ofMillis(300));
    for (int i = 0; i < 6; i++) {
      a.run(a.endpoint().replaceIkeSa(b.identity, world.now()));
      world.run(Duration.ofMillis(300));
    }
    assertThat(b.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(7);
    assertThat(b.establishedWith(a)).hasSize(4);
    a.send(b, 2);
    world.run(Duration.ofMillis(300));
    assertThat(b.received).contains(1, 2);
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
