package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody who has proven nothing gets: little, rarely, and never more than was sent. */
class StrangerSimTest extends AskedByStrangers {
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
    List<Payload> payloads = Stranger.payloads(Stranger.KEY, 16);
    payloads.set(0, new SaPayload(List.of(small)));
    byte[] request = MessageEncoder.clear(Stranger.init(7), payloads);
    assertThat(request.length).isLessThan(200);

    IkeMessage challenge = answer(request, Stranger.at(1));
    NotifyPayload cookie = challenge.notify(NotifyType.COOKIE).orElseThrow();
    assertThat(challenge.payloads()).hasSize(1);
    assertThat(b.endpoint().view()).isEmpty();

    payloads.addFirst(cookie);
    byte[] second = MessageEncoder.clear(Stranger.init(7), payloads);
    assertThat(answer(second, Stranger.at(1)).first(SaPayload.class)).isPresent();
    assertThat(b.endpoint().view()).hasSize(1);
  }

  @Test
  void nobodyIsAnsweredAtPortZero() {
    Endpoint nowhere = new Endpoint(Stranger.at(1).address(), 0);
    assertThat(answers(Stranger.request(1), nowhere)).isEmpty();
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.drops(DropReason.DATAGRAM_SOURCE_PORT)).isOne();
  }

  @Test
  void underLoadACookieIsGoodForItsAddressItsNonceAndHalfAMinute() {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      assertThat(answers(Stranger.request(i), Stranger.at(i))).hasSize(1);
    }
    NotifyPayload cookie =
        answer(Stranger.request(7000), Stranger.at(900)).notify(NotifyType.COOKIE).orElseThrow();
    byte[] good = Stranger.withCookie(7000, cookie, 32);
    assertThat(answer(good, Stranger.at(901)).has(NotifyType.COOKIE)).as("other address").isTrue();
    Endpoint otherPort = new Endpoint(Stranger.at(900).address(), 501);
    assertThat(answer(good, otherPort).has(NotifyType.COOKIE)).as("other port").isTrue();
    assertThat(
            answer(Stranger.withCookie(7001, cookie, 32), Stranger.at(900)).has(NotifyType.COOKIE))
        .as("other SPI")
        .isTrue();
    assertThat(
            answer(Stranger.withCookie(7000, cookie, 33), Stranger.at(900)).has(NotifyType.COOKIE))
        .as("other nonce")
        .isTrue();
    world.run(Duration.ofSeconds(14));
    assertThat(answer(good, Stranger.at(900)).first(SaPayload.class)).as("in time").isPresent();

    NotifyPayload late =
        answer(Stranger.request(8000), Stranger.at(902)).notify(NotifyType.COOKIE).orElseThrow();
    world.run(Duration.ofSeconds(31));
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(Stranger.request(9000 + i), Stranger.at(i));
    }
    assertThat(answer(Stranger.withCookie(8000, late, 32), Stranger.at(902)).has(NotifyType.COOKIE))
        .as("too late")
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 19, 1024, 1025, 0xffff})
  void cve_2014_9221_aKeyExchangeOfAnotherMethodIsToldOurs(int method) {
    byte[] request =
        MessageEncoder.clear(
            Stranger.init(7),
            Stranger.payloads(new KePayload(method, new Gen(1).octets(64, 64)), 32));
    IkeMessage answer = answer(request, Stranger.at(1));
    NotifyPayload notify = answer.notify(NotifyType.INVALID_KE_PAYLOAD).orElseThrow();
    assertThat(notify.data()).isEqualTo(Bytes.ofHex("001f"));
    assertThat(answer.header().spiResponder()).isZero();
    assertThat(b.endpoint().view()).isEmpty();
  }

  @Test
  void cve_2015_3240_anAllZeroSharedSecretIsDropped() {
    for (String lowOrder : List.of("00".repeat(32), "01" + "00".repeat(31))) {
      byte[] request =
          MessageEncoder.clear(
              Stranger.init(7), Stranger.payloads(new KePayload(31, Bytes.ofHex(lowOrder)), 32));
      assertThat(answers(request, Stranger.at(1))).isEmpty();
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
            Stranger.init(7),
            Stranger.payloads(new KePayload(31, new Gen(1).octets(length, length)), 256));
    assertThat(answers(request, Stranger.at(1))).isEmpty();
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(1);
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.crypto.liveKeyExchanges()).isZero();
  }

  @Test
  void aRequestWithoutAcceptableProposalOrNatTraversalIsRefusedInShort() {
    List<Payload> noNat = Stranger.payloads(Stranger.KEY, 32);
    noNat.removeLast();
    noNat.add(new OpaquePayload(200, false, new Gen(1).octets(40, 40)));
    assertThat(
            answer(MessageEncoder.clear(Stranger.init(7), noNat), Stranger.at(1))
                .has(NotifyType.NO_PROPOSAL_CHOSEN))
        .isTrue();
    List<Payload> weak = Stranger.payloads(Stranger.KEY, 32);
    Proposal cbc =
        new Proposal(
            1, Proposal.IKE, Bytes.EMPTY, List.of(Transform.of(TransformType.ENCR, 12, 256)));
    weak.set(0, new SaPayload(List.of(cbc)));
    weak.add(new OpaquePayload(200, false, new Gen(1).octets(90, 90)));
    assertThat(
            answer(MessageEncoder.clear(Stranger.init(7), weak), Stranger.at(1))
                .has(NotifyType.NO_PROPOSAL_CHOSEN))
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
      byte[] request = MessageEncoder.clear(wrong, Stranger.payloads(Stranger.KEY, 32));
      assertThat(answers(request, Stranger.at(1))).isEmpty();
    }
    assertThat(b.drops(DropReason.IKE_HEADER)).isEqualTo(3);
  }

  @Test
  void cve_2016_5361_noAnswerToAStrangerIsLongerThanTheRequestWhateverThatHolds() {
    int answered = 0;
    for (int seed = 0; seed < 3_000; seed++) {
      Gen gen = new Gen(seed);
      List<Payload> payloads = new ArrayList<>(Stranger.payloads(Stranger.KEY, 16));
      payloads.remove(seed % 5);
      payloads.addAll(gen.payloads());
      byte[] request = MessageEncoder.clear(Stranger.init(seed + 1), payloads);
      for (byte[] answer : answers(request, Stranger.at(seed))) {
        assertThat(answer.length).as("seed %d", seed).isLessThanOrEqualTo(request.length);
        answered++;
      }
    }
    assertThat(answered).isGreaterThan(300);
  }

  @Test
  void aCookieOutlivesOneChangeOfTheSecretAndNoMore() {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(Stranger.request(i), Stranger.at(i));
    }
    assertThat(answer(Stranger.request(6999), Stranger.at(899)).has(NotifyType.COOKIE)).isTrue();
    // The secret is two minutes old at 120 s; this cookie is made shortly before.
    world.run(Duration.ofSeconds(119));
    fillUp(1_000);
    NotifyPayload cookie =
        answer(Stranger.request(7000), Stranger.at(900)).notify(NotifyType.COOKIE).orElseThrow();
    world.run(Duration.ofSeconds(2));
    NotifyPayload next =
        answer(Stranger.request(7001), Stranger.at(901)).notify(NotifyType.COOKIE).orElseThrow();
    assertThat(next.data().u8(0)).isEqualTo(cookie.data().u8(0) + 1);
    assertThat(
            answer(Stranger.withCookie(7000, cookie, 32), Stranger.at(900)).first(SaPayload.class))
        .isPresent();
    world.run(Duration.ofSeconds(121));
    fillUp(2_000);
    assertThat(answer(Stranger.withCookie(7001, next, 32), Stranger.at(901)).has(NotifyType.COOKIE))
        .isTrue();
  }

  /** Brings b to where it asks for cookies. */
  private void fillUp(int firstSpi) {
    for (int i = 1; i <= Limits.HALF_OPEN_BEFORE_COOKIES; i++) {
      answers(Stranger.request(firstSpi + i), Stranger.at(i));
    }
  }

  @Test
  void aRequestShorterThanTheChallengeGetsNone() {
    NoncePayload nonce = new NoncePayload(new Gen(1).octets(16, 16));
    assertThat(answers(MessageEncoder.clear(Stranger.init(7), List.of(nonce)), Stranger.at(1)))
        .isEmpty();
    assertThat(b.drops(DropReason.IKE_NO_ANSWER_DUE)).isEqualTo(1);
  }
}
