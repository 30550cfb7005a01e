package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.MessageIds;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The message window (RFC 7296 §2.2, §2.3) and answers where there is no SA (§2.21.4). */
class WindowSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  private byte[] request(ExchangeType exchange, int messageId, NotifyPayload... payloads) {
    Keys.IkeSaKeys sa = a.keys.last();
    IkeHeader header =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, false, messageId);
    return Forge.seal(sa.copy(), header, List.of(payloads));
  }

  private List<Action> deliver(byte[] message) {
    return b.ike(message, new Endpoint(a.address, 4500), 4500);
  }

  private static List<byte[]> sent(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .toList();
  }

  @Test
  void aLargerWindowOfThePeerIsAcknowledgedAndNotUsed() {
    NotifyPayload large = NotifyPayload.of(NotifyType.SET_WINDOW_SIZE, Bytes.ofInt(100));
    List<byte[]> answers = sent(deliver(request(ExchangeType.INFORMATIONAL, 2, large)));
    assertThat(answers).hasSize(1);
    assertThat(Forge.open(a.keys.last().copy(), answers.getFirst()).payloads()).isEmpty();
    // Our window stays 1: what is ahead is not accepted, and one request of ours is in flight.
    assertThat(deliver(request(ExchangeType.INFORMATIONAL, 4)))
        .containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    world.sent.clear();
    world.block(p -> true);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    assertThat(world.sent).hasSize(1);
  }

  @Test
  void anAnswerToAnyOtherRequestThanTheOneInFlightIsDropped() {
    world.block(p -> true);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    for (int messageId : List.of(-1, 1, 2)) {
      assertThat(deliver(answer(ExchangeType.CREATE_CHILD_SA, messageId)))
          .containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    }
    assertThat(deliver(answer(ExchangeType.INFORMATIONAL, 0)))
        .containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    assertThat(b.events(ProtocolEvent.Refused.class)).isEmpty();
    deliver(answer(ExchangeType.CREATE_CHILD_SA, 0));
    assertThat(b.events(ProtocolEvent.Refused.class)).as("what is in flight").hasSize(1);
  }

  private byte[] answer(ExchangeType exchange, int messageId) {
    Keys.IkeSaKeys sa = a.keys.last();
    IkeHeader header =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, true, messageId);
    return Forge.seal(sa.copy(), header, List.of(NotifyPayload.of(NotifyType.NO_PROPOSAL_CHOSEN)));
  }

  @Test
  void weNeverSendSetWindowSize() {
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    for (World.Sent s : world.sent) {
      var datagram = Forge.value(MessageDecoder.decode(s.ike()));
      var message =
          datagram.encrypted().isPresent()
              ? Forge.open(a.keys.last().copy(), s.ike())
              : datagram.clearMessage();
      assertThat(message.has(NotifyType.SET_WINDOW_SIZE)).isFalse();
    }
    assertThat(world.sent).hasSizeGreaterThan(6);
  }

  @Test
  void anSaWithoutMessageIdsForUsIsClosed() {
    world.wire.forged();
    MessageIds.skipTo(a.establishedWith(b).getFirst(), -1 - Limits.LAST_MESSAGE_IDS);
    MessageIds.expect(b.establishedWith(a).getFirst(), -1 - Limits.LAST_MESSAGE_IDS - 1);
    a.reportTraffic();
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    assertThat(a.establishedWith(b)).isEmpty();
    world.run(Duration.ofSeconds(15));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.MESSAGE_IDS_EXHAUSTED);
  }

  @Test
  void anSaWithoutMessageIdsForThePeerIsClosedByUs() {
    world.wire.forged();
    int last = -1 - Limits.LAST_MESSAGE_IDS;
    MessageIds.expect(b.establishedWith(a).getFirst(), last - 1);
    List<byte[]> out = sent(deliver(request(ExchangeType.INFORMATIONAL, last - 1)));
    assertThat(out).as("the answer, and a Delete of ours").hasSize(2);
    assertThat(b.establishedWith(a)).isEmpty();
  }

  @Test
  void theLastMessageIdOfAllIsNotAcceptedBecauseTheNextWouldBeZero() {
    MessageIds.expect(b.establishedWith(a).getFirst(), -1);
    assertThat(deliver(request(ExchangeType.INFORMATIONAL, -1)))
        .contains(new Action.Drop(DropReason.IKE_MESSAGE_ID));
  }

  @Test
  void aProtectedRequestWithUnknownSpisIsToldSo() {
    IkeHeader header = new IkeHeader(77, 88, ExchangeType.INFORMATIONAL, true, false, 9);
    byte[] request = Forge.seal(a.keys.last().copy(), header, List.of());
    List<byte[]> answers = sent(b.ike(request, new Endpoint(Stranger.at(1).address(), 4500), 4500));
    assertThat(answers).hasSize(1);
    var answer = Forge.value(MessageDecoder.decode(answers.getFirst())).clearMessage();
    assertThat(answer.header())
        .isEqualTo(new IkeHeader(77, 88, ExchangeType.INFORMATIONAL, false, true, 9));
    assertThat(answer.payloads()).containsExactly(NotifyPayload.of(NotifyType.INVALID_IKE_SPI));
  }

  @Test
  void unknownSpisInAResponseOrInClearAreToldNothing() {
    IkeHeader response = new IkeHeader(77, 88, ExchangeType.INFORMATIONAL, true, true, 9);
    IkeHeader clear = new IkeHeader(77, 88, ExchangeType.INFORMATIONAL, true, false, 9);
    for (byte[] message :
        List.of(
            Forge.seal(a.keys.last().copy(), response, List.of()),
            MessageEncoder.clear(clear, List.of(NotifyPayload.of(NotifyType.INVALID_IKE_SPI))))) {
      assertThat(b.ike(message, Stranger.at(1), 4500))
          .containsExactly(new Action.Drop(DropReason.IKE_UNKNOWN_SPI));
    }
  }

  @Test
  void thoseAnswersAreRateLimitedToo() {
    int answered = 0;
    for (int i = 1; i <= 1_000; i++) {
      IkeHeader header = new IkeHeader(i, 88, ExchangeType.INFORMATIONAL, true, false, 9);
      answered +=
          sent(b.ike(Forge.seal(a.keys.last().copy(), header, List.of()), Stranger.at(1), 4500))
              .size();
    }
    assertThat(answered).isEqualTo(100);
    assertThat(b.drops(DropReason.RATE_LIMITED)).isEqualTo(900);
  }

  @Test
  void aHigherMajorVersionIsToldOursAndALowerOneNothing() {
    byte[] request = request(ExchangeType.INFORMATIONAL, 2);
    request[17] = 0x30;
    List<byte[]> answers = sent(b.ike(request, Stranger.at(1), 500));
    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst()[17]).isEqualTo((byte) 0x20);
    var answer = Forge.value(MessageDecoder.decode(answers.getFirst())).clearMessage();
    assertThat(answer.payloads())
        .containsExactly(NotifyPayload.of(NotifyType.INVALID_MAJOR_VERSION));
    assertThat(answer.header().response()).isTrue();
    assertThat(answer.header().messageId()).isEqualTo(2);
    request[17] = 0x10;
    assertThat(sent(b.ike(request, Stranger.at(1), 500))).isEmpty();
    request[17] = 0x30;
    request[19] |= 0x20;
    assertThat(sent(b.ike(request, Stranger.at(1), 500))).as("to a response").isEmpty();
    byte[] shorter = Arrays.copyOf(request(ExchangeType.INFORMATIONAL, 2), 28);
    shorter[17] = 0x30;
    assertThat(b.ike(shorter, Stranger.at(1), 500))
        .containsExactly(
            new Action.Drop(DropReason.IKE_VERSION), new Action.Drop(DropReason.IKE_NO_ANSWER_DUE));
    assertThat(b.establishedWith(a)).hasSize(1);
  }
}
