package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an initiator does when it is asked for cookies (RFC 7296 §2.6). */
class CookieSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void begin() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    world.hold(s -> s.is(a, ExchangeType.IKE_SA_INIT, false));
    a.send(b, 1);
    world.run(Duration.ofMillis(10));
    assertThat(requests()).hasSize(1);
  }

  private List<IkeMessage> requests() {
    return world.sent.stream()
        .filter(s -> s.is(a, ExchangeType.IKE_SA_INIT, false))
        .map(s -> Forge.value(MessageDecoder.decode(s.ike())).clearMessage())
        .toList();
  }

  private List<Action> challenge(Bytes cookie) {
    IkeHeader asked = requests().getFirst().header();
    IkeHeader header =
        new IkeHeader(asked.spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    byte[] message =
        MessageEncoder.clear(header, List.of(NotifyPayload.of(NotifyType.COOKIE, cookie)));
    return a.ike(message, new Endpoint(b.address, 500), 500);
  }

  private static List<Payload> withoutCookie(IkeMessage message) {
    return message.payloads().stream()
        .filter(p -> !(p instanceof NotifyPayload n && n.notifyType() == NotifyType.COOKIE))
        .toList();
  }

  @Test
  void aCookieIsReturnedFirstWithEverythingElseUnchangedAndKeptInRepetitions() {
    Bytes cookie = new Gen(1).octets(64, 64);
    challenge(cookie);
    world.run(Duration.ofSeconds(3));
    List<IkeMessage> sent = requests();
    assertThat(sent.size()).isGreaterThan(3);
    for (IkeMessage again : sent.subList(1, sent.size())) {
      assertThat(again.payloads().getFirst())
          .isEqualTo(NotifyPayload.of(NotifyType.COOKIE, cookie));
      assertThat(withoutCookie(again)).isEqualTo(sent.getFirst().payloads());
      assertThat(again.header()).isEqualTo(sent.getFirst().header());
    }
  }

  @Test
  void aFreshCookieTakesThePlaceOfTheOneBefore() {
    challenge(new Gen(1).octets(33, 33));
    Bytes fresh = new Gen(2).octets(20, 20);
    challenge(fresh);
    IkeMessage last = requests().getLast();
    assertThat(last.notify(NotifyType.COOKIE).orElseThrow().data()).isEqualTo(fresh);
    assertThat(withoutCookie(last)).isEqualTo(requests().getFirst().payloads());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 65})
  void aCookieOfNoPossibleLengthIsNotReturned(int length) {
    challenge(new Gen(1).octets(length, length));
    assertThat(requests()).hasSize(1);
  }

  @Test
  void whoAsksForCookiesWithoutEndIsNotFollowed() {
    for (int i = 1; i <= 50; i++) {
      challenge(new Gen(i).octets(32, 32));
    }
    assertThat(requests()).hasSize(1 + Limits.COOKIE_RETRIES);
  }

  @Test
  void aHandshakeThroughTwoCookiesIsAuthenticatedWithTheLastRequest() {
    challenge(new Gen(1).octets(32, 32));
    // b asks for its own cookie, because that one is not.
    underLoad();
    world.release();
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.events(io.podseal.protocol.telemetry.ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  /** As many half-open SAs of the pod's address as make b ask it for cookies. */
  private void underLoad() {
    IkeMessage request = requests().getFirst();
    for (int i = 1; i <= Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES; i++) {
      IkeHeader header = new IkeHeader(i, 0, ExchangeType.IKE_SA_INIT, true, false, 0);
      b.ike(
          MessageEncoder.clear(header, request.payloads()), new Endpoint(a.address, 1000 + i), 500);
    }
    assertThat(b.endpoint().view()).hasSize(Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES);
  }
}
