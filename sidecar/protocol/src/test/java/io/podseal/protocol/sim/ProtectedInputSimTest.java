package io.podseal.protocol.sim;

import static io.podseal.protocol.message.ExchangeType.INFORMATIONAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a peer that holds the keys can send: every message here is protected as it should be. */
class ProtectedInputSimTest extends HeldKeys {
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 50, 100, -1, -2, Integer.MIN_VALUE})
  void extra_message_id_thatIsNotDueIsNotAnswered(int messageId) {
    byte[] message =
        Forge.seal(a.keys.last().copy(), request(ExchangeType.INFORMATIONAL, messageId), List.of());
    assertThat(deliver(message)).containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    assertAlive();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, -1})
  void extra_response_to_nothing_isDropped(int messageId) {
    Keys.IkeSaKeys sa = a.keys.last();
    for (ExchangeType exchange :
        List.of(
            ExchangeType.IKE_SA_INIT,
            ExchangeType.IKE_INTERMEDIATE,
            ExchangeType.IKE_AUTH,
            ExchangeType.CREATE_CHILD_SA,
            ExchangeType.IKE_FOLLOWUP_KE,
            INFORMATIONAL)) {
      IkeHeader header =
          new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, true, messageId);
      assertThat(deliver(Forge.seal(sa.copy(), header, List.of(DeletePayload.ike()))))
          .as("%s", exchange)
          .singleElement()
          .isInstanceOf(Action.Drop.class);
    }
    assertAlive();
  }

  /** What becomes of the SA before it gets a message of an exchange that is over. */
  enum Fate {
    STANDS,
    /** b gives it up, and its Delete is not answered. */
    IS_CLOSED,
    /** a has rekeyed it, and its Delete does not arrive. */
    IS_REKEYED
  }

  /** CVE-2014-2338 after IKE_AUTH: nobody authenticates, or begins, a second time. */
  @ParameterizedTest
  @EnumSource
  void cve_2014_2338_anExchangeThatIsOverIsNotBegunAgain(Fate fate) {
    Keys.IkeSaKeys sa = a.keys.last();
    int due = nextId;
    world.hold(s -> s.packet() instanceof World.Ike ike && ike.is(INFORMATIONAL, false));
    switch (fate) {
      case STANDS -> {}
      case IS_CLOSED -> b.forgets(a);
      case IS_REKEYED -> {
        a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
        world.run(Duration.ofMillis(10));
        due++;
      }
    }
    var before = b.endpoint().view();
    assertThat(before).hasSize(fate == Fate.IS_REKEYED ? 2 : 1);
    for (ExchangeType exchange :
        List.of(ExchangeType.IKE_SA_INIT, ExchangeType.IKE_INTERMEDIATE, ExchangeType.IKE_AUTH)) {
      for (int id : new int[] {0, 1, due, due + 1}) {
        IkeHeader header =
            new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, false, id);
        assertThat(deliver(Forge.seal(sa.copy(), header, List.of(DeletePayload.ike()))))
            .as("%s with ID %d", exchange, id)
            .isNotEmpty()
            .allMatch(Action.Drop.class::isInstance);
      }
    }
    assertThat(b.endpoint().view()).isEqualTo(before);
    IkeHeader next =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), INFORMATIONAL, true, false, due);
    assertThat(answers(deliver(Forge.seal(sa.copy(), next, List.of())))).hasSize(1);
  }

  @Test
  void theSameIdWithOtherContentIsNotAnsweredAgain() {
    answer(ExchangeType.INFORMATIONAL, List.of());
    byte[] other =
        Forge.seal(
            a.keys.last().copy(),
            request(ExchangeType.INFORMATIONAL, nextId - 1),
            List.of(DeletePayload.ike()));
    assertThat(deliver(other)).containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    assertAlive();
  }

  @Test
  void anAuthenticatedMessageThatCannotBeReadEndsTheSaWithInvalidSyntax() {
    byte[] shortPayload = {0, 0, 0, 3, 0};
    byte[] message =
        Forge.sealPlaintext(
            a.keys.last().copy(),
            request(ExchangeType.INFORMATIONAL, nextId),
            PayloadType.NOTIFY,
            shortPayload);
    assertError(answer(deliver(message)), NotifyType.INVALID_SYNTAX);
    assertEndedBySyntax();
    assertThat(b.childrenWith(a)).isZero();
  }

  @Test
  void extra_critical_bit_isAnsweredByNameAndTheSaStays() {
    byte[] unknown = {0, (byte) 0x80, 0, 5, 42, 0};
    byte[] message =
        Forge.sealPlaintext(
            a.keys.last().copy(), request(ExchangeType.INFORMATIONAL, nextId++), 201, unknown);
    IkeMessage answer = answer(deliver(message));
    assertError(answer, NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
    assertThat(answer.error().orElseThrow().data()).isEqualTo(Bytes.ofHex("c9"));
    assertAlive();
  }

  @Test
  void anUnknownPayloadThatIsNotCriticalIsSkipped() {
    IkeMessage answer =
        answer(
            ExchangeType.INFORMATIONAL, List.of(new OpaquePayload(201, false, Bytes.ofHex("00"))));
    assertThat(answer.payloads()).isEmpty();
    assertAlive();
  }

  @Test
  void aDeleteOfAChildWeDoNotHaveIsAnsweredWithNothing() {
    IkeMessage answer =
        answer(
            ExchangeType.INFORMATIONAL,
            List.of(DeletePayload.child(SecurityProtocol.ESP, 0x7eadbeef)));
    assertThat(answer.payloads()).isEmpty();
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertAlive();
  }

  @Test
  void aChildDeletedTwiceIsListedInTheFirstAnswerOnly() {
    int oldSpiOfA = currentSpiOfA();
    int oldSpiOfB = a.outboundSpiTo(b).orElseThrow();
    answer(ExchangeType.CREATE_CHILD_SA, rekey());
    DeletePayload delete = DeletePayload.child(SecurityProtocol.ESP, oldSpiOfA);
    assertThat(answer(ExchangeType.INFORMATIONAL, List.of(delete)).payloads())
        .containsExactly(DeletePayload.child(SecurityProtocol.ESP, oldSpiOfB));
    assertThat(answer(ExchangeType.INFORMATIONAL, List.of(delete)).payloads()).isEmpty();
    assertAlive();
  }

  @Test
  void aDeleteOfOurOwnSpiOrOfAnotherProtocolDeletesNothing() {
    int inboundOfB = a.outboundSpiTo(b).orElseThrow();
    answer(
        ExchangeType.INFORMATIONAL, List.of(DeletePayload.child(SecurityProtocol.ESP, inboundOfB)));
    answer(
        ExchangeType.INFORMATIONAL,
        List.of(new DeletePayload(Proposal.AH, List.of(Bytes.ofInt(currentSpiOfA())))));
    answer(
        ExchangeType.INFORMATIONAL,
        List.of(new DeletePayload(Proposal.ESP, List.of(Bytes.copyOf(new byte[8])))));
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertAlive();
  }

  @Test
  void aDeleteOfTheLastChildIsAnsweredWithOurHalfAndTheNextPacketAsksForANewOne() {
    int inboundOfB = a.outboundSpiTo(b).orElseThrow();
    IkeMessage answer =
        answer(
            ExchangeType.INFORMATIONAL,
            List.of(DeletePayload.child(SecurityProtocol.ESP, currentSpiOfA())));
    assertThat(answer.payloads())
        .containsExactly(DeletePayload.child(SecurityProtocol.ESP, inboundOfB));
    assertThat(b.childrenWith(a)).isZero();
    assertThat(b.establishedWith(a)).hasSize(1);
    b.send(a, 7);
    world.run(Duration.ofSeconds(1));
    assertThat(b.childrenWith(a)).isEqualTo(1);
  }

  @Test
  void aDeleteOfTheIkeSaIsAnsweredEmptyAndAgainWhenRepeated() {
    byte[] message =
        Forge.seal(
            a.keys.last().copy(),
            request(ExchangeType.INFORMATIONAL, nextId),
            List.of(DeletePayload.ike()));
    List<Action> first = deliver(message);
    assertThat(answer(first).payloads()).isEmpty();
    assertThat(b.childrenWith(a)).isZero();
  }

  /** Any payloads at all, in any exchange; a new SA whenever one died of it. */
  @Test
  void cve_2015_3204_noContentWhateverThrowsOrIsAnsweredTwice() {
    int ended = 0;
    for (long seed = 0; seed < 800; seed++) {
      Random random = new Random(seed);
      ExchangeType exchange =
          random.nextBoolean() ? ExchangeType.CREATE_CHILD_SA : ExchangeType.INFORMATIONAL;
      List<Payload> payloads = new ArrayList<>(new Gen(seed).payloads());
      if (random.nextInt(3) == 0) {
        payloads = mixed(rekey(), payloads, random);
      }
      try {
        byte[] message = Forge.seal(a.keys.last().copy(), request(exchange, nextId++), payloads);
        assertThat(answers(deliver(message))).hasSize(1);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + payloads, e);
      }
      if (b.establishedWith(a).isEmpty()) {
        ended++;
        renew();
      }
    }
    assertThat(ended).isBetween(50, 750);
  }

  /** A rekey request in which some payloads are missing and some are foreign. */
  private static List<Payload> mixed(List<Payload> rekey, List<Payload> others, Random random) {
    List<Payload> mixed = new ArrayList<>();
    for (Payload p : rekey) {
      Optional<Payload> other = others.stream().filter(o -> o.type() == p.type()).findFirst();
      if (random.nextInt(4) != 0) {
        mixed.add(p);
      } else {
        other.ifPresent(mixed::add);
      }
    }
    return mixed;
  }

  private void renew() {
    a.restart();
    b.restart();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    nextId = 2;
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(b.outboundTo(a)).isPresent();
  }
}
