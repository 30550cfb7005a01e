package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.Limits;
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
import io.podseal.protocol.wire.Bytes;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that name a key exchange and never let it come to one: they take nothing from it. */
class UncausedWorkSimTest extends AskedByStrangers {
  private static final KeyExchangeMethod EXPENSIVE = KeyExchangeMethod.MODP_4096;

  @BeforeEach
  void acceptBoth() {
    b.offer = CryptoOffer.CLASSIC.withKeyExchange(List.of(KeyExchangeMethod.X25519, EXPENSIVE));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
  }

  /** Why a request that names the expensive method comes to nothing. */
  enum Fault {
    NO_SA,
    NO_NAT_DETECTION,
    OTHER_METHOD_CHOSEN,
    NOTHING_ACCEPTABLE,
    SHORT_VALUE
  }

  private static void spoil(List<Payload> payloads, Fault fault) {
    switch (fault) {
      case NO_SA -> payloads.removeFirst();
      case NO_NAT_DETECTION -> payloads.removeLast();
      case OTHER_METHOD_CHOSEN -> payloads.set(0, offer(KeyExchangeMethod.X25519));
      case NOTHING_ACCEPTABLE -> payloads.set(0, offer(KeyExchangeMethod.P521));
      case SHORT_VALUE -> payloads.set(1, value(EXPENSIVE, EXPENSIVE.requestLength() - 1));
    }
  }

  private static SaPayload offer(KeyExchangeMethod method) {
    return new SaPayload(
        Proposals.ike(CryptoOffer.CLASSIC.withKeyExchange(List.of(method)), Bytes.EMPTY));
  }

  private static KePayload value(KeyExchangeMethod method, int length) {
    return new KePayload(method.id(), new Gen(1).octets(length, length));
  }

  private static List<Payload> expensive() {
    List<Payload> payloads = Stranger.payloads(value(EXPENSIVE, EXPENSIVE.requestLength()), 32);
    payloads.set(0, offer(EXPENSIVE));
    return payloads;
  }

  /** What follows a returned cookie. */
  private List<IkeMessage> begins(int spi, List<Payload> payloads, Endpoint from) {
    NotifyPayload cookie =
        answer(MessageEncoder.clear(Stranger.init(spi), payloads), from)
            .notify(NotifyType.COOKIE)
            .orElseThrow();
    payloads.addFirst(cookie);
    return answers(MessageEncoder.clear(Stranger.init(spi), payloads), from).stream()
        .map(m -> Forge.value(MessageDecoder.decode(m)).clearMessage())
        .toList();
  }

  private boolean isBegun(int spi, Endpoint from) {
    return begins(spi, expensive(), from).stream()
        .anyMatch(m -> m.first(SaPayload.class).isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void whatComesToNoKeyExchangeTakesNothingFromTheExpensiveOnes(Fault fault) {
    for (int i = 1; i <= 10; i++) {
      List<Payload> payloads = expensive();
      spoil(payloads, fault);
      assertThat(begins(i, payloads, Stranger.at(1)))
          .noneMatch(m -> m.first(SaPayload.class).isPresent());
    }
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(isBegun(100, Stranger.at(2))).isTrue();
    assertThat(isBegun(101, Stranger.at(2))).isTrue();
    assertThat(b.drops).doesNotContainKey(DropReason.IKE_KEY_EXCHANGE_RATE);
    // 400 units, of which each takes 160.
    assertThat(isBegun(102, Stranger.at(2))).isFalse();
    assertThat(b.drops(DropReason.IKE_KEY_EXCHANGE_RATE)).isEqualTo(1);
    assertThat(b.endpoint().view()).hasSize(2);
  }

  @Test
  void whatComesToNoKeyExchangeTakesNothingFromTheCheapOnes() {
    KePayload shorter = value(KeyExchangeMethod.X25519, 31);
    for (int i = 1; i <= Limits.KEY_EXCHANGE_BURST; i++) {
      byte[] request = MessageEncoder.clear(Stranger.init(i), Stranger.payloads(shorter, 32));
      assertThat(answers(request, Stranger.at(i))).isEmpty();
    }
    assertThat(b.drops(DropReason.IKE_PAYLOAD_SYNTAX)).isEqualTo(Limits.KEY_EXCHANGE_BURST);
    assertThat(answer(Stranger.request(5_000), Stranger.at(5_000)).first(SaPayload.class))
        .as("nobody is asked for a cookie")
        .isPresent();
  }
}
