package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.MessageIds;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A child that b refuses by CREATE_CHILD_SA. Its answers are written here: both ends hold the same
 * policy, and an honest b would not refuse.
 */
class RefusedChildSimTest {
  private static final Duration GAP = Duration.ofMillis(100);

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private boolean refusing = true;
  private int next;

  @BeforeEach
  void loseTheOnlyChild() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, -1);
    world.run(Duration.ofSeconds(1));
    a.clockJumps(Duration.ofMinutes(70));
    world.run(Duration.ofSeconds(1));
    assertThat(a.childrenWith(b) + b.childrenWith(a)).isZero();
    assertThat(a.establishedWith(b)).hasSize(1);
    world.state.forged();
    world.wire.forged();
    world.record();
    world.block(
        p -> refusing && p instanceof World.Ike m && m.is(ExchangeType.CREATE_CHILD_SA, false));
  }

  private void packets(Duration duration) {
    for (long i = 0; i < duration.dividedBy(GAP); i++) {
      int number = next++;
      world.after(GAP.multipliedBy(i), () -> a.send(b, number));
    }
    world.run(duration);
  }

  private List<World.Sent> requests() {
    return world.sent.stream().filter(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false)).toList();
  }

  /** b's answer to a's request of the moment. */
  private void refuse(int notifyType) {
    refuse(notifyType, false);
  }

  private void refuse(int notifyType, boolean critical) {
    IkeHeader request = Forge.value(MessageDecoder.decode(requests().getLast().ike())).header();
    IkeHeader answer =
        new IkeHeader(
            request.spiInitiator(),
            request.spiResponder(),
            ExchangeType.CREATE_CHILD_SA,
            false,
            true,
            request.messageId());
    MessageIds.expect(b.establishedWith(a).getFirst(), request.messageId() + 1);
    List<NotifyPayload> refusal = List.of(NotifyPayload.of(notifyType));
    a.ike(
        critical
            ? Forge.sealAfterUnknown(a.keys.last().copy(), answer, true, refusal)
            : Forge.seal(a.keys.last().copy(), answer, refusal),
        new Endpoint(b.address, 4500),
        4500);
    world.sent.clear();
  }

  @Test
  void theIkeSaStaysAndThePacketsThatWaitAskAgainAfterAPause() {
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    packets(GAP);
    refuse(NotifyType.TS_UNACCEPTABLE);

    packets(IkeTimers.TEMPORARY_FAILURE_BACKOFF.minus(GAP.multipliedBy(2)));
    assertThat(world.sent).as("asked again at once, or gave up").isEmpty();
    assertThat(a.establishedWith(b)).hasSize(1);

    refusing = false;
    packets(IkeTimers.TEMPORARY_FAILURE_SPREAD.plusSeconds(1));
    assertThat(requests()).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isEqualTo(ikeSa);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.received).contains(next - 2);
  }

  /** RFC 7296 §2.25: it has another view of the IKE SA than we have. */
  @ParameterizedTest
  @ValueSource(ints = {NotifyType.TEMPORARY_FAILURE, NotifyType.STATE_NOT_FOUND})
  void aPeerThatIsBusyForMinutesGetsANewIkeSa(int notifyType) {
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    packets(GAP);
    Duration pause =
        IkeTimers.TEMPORARY_FAILURE_BACKOFF
            .plus(IkeTimers.TEMPORARY_FAILURE_SPREAD)
            .plus(GAP.multipliedBy(2));
    Instant since = world.now();
    while (world.now().isBefore(since.plus(IkeTimers.TEMPORARY_FAILURE_PATIENCE))) {
      refuse(notifyType);
      assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isEqualTo(ikeSa);
      packets(pause);
    }
    refuse(notifyType);
    packets(Duration.ofSeconds(1));

    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.CHILD_REFUSED);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isNotEqualTo(ikeSa);
    assertThat(b.received).contains(next - 2);
  }

  /** The policies that refuse each other may be of yesterday: a new IKE SA takes today's. */
  @Test
  void aPeerThatRefusesAgainAndAgainGetsANewIkeSa() {
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    packets(GAP);
    for (int refusals = 1; refusals < Limits.CHILD_REFUSALS; refusals++) {
      refuse(NotifyType.NO_PROPOSAL_CHOSEN);
      assertThat(a.establishedWith(b)).as("after refusal %d", refusals).hasSize(1);
      packets(
          IkeTimers.TEMPORARY_FAILURE_BACKOFF
              .plus(IkeTimers.TEMPORARY_FAILURE_SPREAD)
              .plus(GAP.multipliedBy(2)));
    }
    refuse(NotifyType.NO_PROPOSAL_CHOSEN);
    packets(Duration.ofSeconds(1));

    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.NO_PROPOSAL_CHOSEN);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isNotEqualTo(ikeSa);
    assertThat(b.received).contains(next - 2);
  }

  /** §2.21.3 makes INVALID_SYNTAX fatal, and no other error. */
  @Test
  void aPeerThatDoesNotKnowAPayloadOfOursKeepsItsIkeSa() {
    long ikeSa = a.establishedWith(b).getFirst().initiatorSpi();
    packets(GAP);
    refuse(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
    assertThat(a.establishedWith(b).getFirst().initiatorSpi()).isEqualTo(ikeSa);
  }

  @Test
  void extra_critical_bit_inARefusalEndsTheIkeSa() {
    packets(GAP);
    refuse(NotifyType.TEMPORARY_FAILURE, true);
    assertThat(a.establishedWith(b)).isEmpty();
    assertThat(a.drops(DropReason.IKE_UNKNOWN_CRITICAL)).isEqualTo(1);
  }

  @Test
  void aPeerThatTakesNoMoreChildrenGetsANewIkeSaAtOnce() {
    packets(GAP);
    refuse(NotifyType.NO_ADDITIONAL_SAS);
    packets(Duration.ofSeconds(1));
    assertThat(requests()).isEmpty();
    assertThat(b.received).contains(next - 2);
    assertThat(a.establishedWith(b)).hasSize(1);
  }
}
