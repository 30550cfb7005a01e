package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.policy.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a request or an answer goes out again in smaller fragments. */
class MessageWindowTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Endpoint PEER = new Endpoint(InetAddress.ofLiteral("10.0.0.2"), 4500);
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Ends ends = Ends.gcm();
  private final IkeKeys keys = ends.keys();
  private final SkCipher cipher = ends.responder();
  private final FragmentSizes sizes = new FragmentSizes(Limits.FRAGMENT_SIZE, PEER.address());
  private final MessageWindow window = new MessageWindow(sizes);

  @BeforeEach
  void negotiate() {
    sizes.negotiated(true);
  }

  private Outgoing message(int length, boolean response) {
    IkeHeader header =
        new IkeHeader(Ends.SPI_I, Ends.SPI_R, ExchangeType.IKE_AUTH, false, response, 0);
    OpaquePayload content = new OpaquePayload(200, false, new Gen(3).octets(length, length));
    return Outgoing.protect(cipher, header, List.of(content), sizes);
  }

  private static RetransmissionSchedule schedule() {
    return new RetransmissionSchedule(octets -> {}, TIMEOUT, NOW);
  }

  private List<Action.Send> next() {
    return window.due(window.deadline().orElseThrow());
  }

  @Test
  void aRequestThatStaysUnansweredIsCutOnceAndRepeatedUntilTheSameEnd() {
    List<Action.Send> first =
        window.sent(ExchangeType.IKE_AUTH, message(1_500, false), PEER, true, schedule());
    assertThat(first).hasSize(2);
    for (int i = 1; i < Limits.SENDS_PER_FRAGMENT_SIZE; i++) {
      assertThat(next()).isEqualTo(first);
    }
    Instant before = window.deadline().orElseThrow();
    List<Action.Send> cut = window.due(before);
    assertThat(cut).hasSize(4).allMatch(s -> s.message().length <= 576 - 32);
    // RFC 7383 §2.5.2: the pauses begin anew.
    assertThat(Duration.between(before, window.deadline().orElseThrow()))
        .isLessThan(IkeTimers.RETRANSMIT_FIRST.multipliedBy(2));
    int repetitions = 0;
    while (!window.isExhausted(window.deadline().orElseThrow())) {
      assertThat(next()).isEqualTo(cut);
      repetitions++;
    }
    assertThat(repetitions).isBetween(4, 12);
    assertThat(window.deadline()).contains(NOW.plus(TIMEOUT));
    // The path is known from now on.
    assertThat(sizes.current()).isEqualTo(576 - 32);
  }

  @Test
  void aShortRequestIsRepeatedAsItIs() {
    List<Action.Send> first =
        window.sent(ExchangeType.IKE_AUTH, message(400, false), PEER, true, schedule());
    for (int i = 0; i < 8; i++) {
      assertThat(next()).hasSize(1).isEqualTo(first);
    }
    assertThat(sizes.current()).isEqualTo(1280 - 32);
  }

  @Test
  void aWholeMessageThatTheSmallestSizeDoesNotCarryIsSplitAfterAWhile() {
    List<Action.Send> first =
        window.sent(ExchangeType.IKE_AUTH, message(900, false), PEER, true, schedule());
    assertThat(first).hasSize(1);
    next();
    next();
    assertThat(next()).hasSize(2);
  }

  @Test
  void anAnswerThatIsAskedForAgainAndAgainIsCutSmaller() {
    accept();
    List<Action.Send> first = window.responded(message(1_200, true), PEER, true);
    assertThat(first).hasSize(2);
    for (int i = 1; i < Limits.SENDS_PER_FRAGMENT_SIZE; i++) {
      assertThat(window.answerAgain(PEER, true)).isEqualTo(first);
    }
    List<Action.Send> cut = window.answerAgain(PEER, true);
    assertThat(cut).hasSize(3).allMatch(s -> s.message().length <= 576 - 32);
    assertThat(window.answerAgain(PEER, true)).isEqualTo(cut);
  }

  @Test
  void anAnswerIsCutAtTheSizeThatItsRequestNowComesIn() {
    accept();
    assertThat(window.responded(message(900, true), PEER, true)).hasSize(1);
    window.shrinkAnswer(500);
    assertThat(window.answerAgain(PEER, true)).hasSize(3).allMatch(s -> s.message().length <= 500);
  }

  @Test
  void underADestroyedCipherNothingIsCut() {
    accept();
    List<Action.Send> first = window.responded(message(900, true), PEER, true);
    cipher.destroy();
    window.shrinkAnswer(500);
    assertThat(window.answerAgain(PEER, true)).isEqualTo(first);
  }

  private void accept() {
    IkeHeader header = new IkeHeader(Ends.SPI_I, Ends.SPI_R, ExchangeType.IKE_AUTH, true, false, 0);
    Datagram request = Forge.value(MessageDecoder.decode(Forge.seal(keys, header, List.of())));
    window.accepted(request);
  }
}
