package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Exchanges that come when another one is due, or lack what they must hold, before the peer has
 * said who it is: from somebody who has done IKE_SA_INIT but holds no pre-shared key.
 */
class HostileOrderSimTest {
  private static final int[] MESSAGE_IDS = {0, 1, 2, 3, -1};

  /** What the victim awaits, which is its state, and each exchange that may come instead. */
  static Stream<Arguments> exchangesInStates() {
    return Stream.of(ExchangeType.IKE_INTERMEDIATE, ExchangeType.IKE_AUTH)
        .flatMap(awaited ->
            Stream.of(false, true)
                .flatMap(response ->
                    Stream.of(ExchangeType.values())
                        .map(comes -> Arguments.of(awaited, response, comes))));
  }

  /** What makes, rekeys, moves or ends something once the peer is known. */
  private static List<List<Payload>> contents(Interception i) {
    List<Payload> honest = i.payloads();
    List<Payload> rekey =
        new ArrayList<>(honest.stream().filter(p -> !(p instanceof IdPayload)).toList());
    rekey.add(NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, 0x12345678));
    return List.of(
        honest,
        rekey,
        List.of(),
        List.of(DeletePayload.ike()),
        List.of(NotifyPayload.of(NotifyType.UPDATE_SA_ADDRESSES)),
        List.of(NotifyPayload.of(NotifyType.INVALID_SYNTAX)));
  }

  @ParameterizedTest
  @MethodSource("exchangesInStates")
  void cve_2014_2338_beforeIkeAuthNoOtherExchangeThanTheOneThatIsDueIsTaken(
      ExchangeType awaited, boolean response, ExchangeType comes) {
    Interception i = Interception.of(awaited, response);
    List<ProtocolEvent> before = List.copyOf(i.victim().events);
    for (List<Payload> content : contents(i)) {
      for (boolean asResponse : new boolean[] {false, true}) {
        for (int id : MESSAGE_IDS) {
          if (!i.isAwaited(comes, asResponse, id)) {
            assertThat(i.deliver(comes, asResponse, id, content))
                .as("%s, ID %d, response %s", content, id, asResponse)
                .isNotEmpty()
                .allMatch(Action.Drop.class::isInstance);
          }
        }
      }
    }
    assertThat(i.victim().events).isEqualTo(before);
    assertThat(i.fooled()).isFalse();
    i.deliver(i.payloads());
    assertThat(i.recovers()).isTrue();
    assertThat(i.b.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
  }

  /** The state after the attempt was refused, at either end. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cve_2014_2338_nothingThatFollowsARefusedIkeAuthEstablishesTheIkeSa(boolean response) {
    for (ExchangeType comes : ExchangeType.values()) {
      Interception i = Interception.of(ExchangeType.IKE_AUTH, response);
      List<List<Payload>> contents = contents(i);
      i.deliver(i.without(p -> p instanceof IdPayload));
      for (List<Payload> content : contents) {
        for (boolean asResponse : new boolean[] {false, true}) {
          for (int id : MESSAGE_IDS) {
            i.deliver(comes, asResponse, id, content);
            assertThat(i.fooled()).as("%s %s, ID %d", comes, content, id).isFalse();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, NONE", "false, METHOD", "false, LENGTH", "true, NONE", "true, METHOD"})
  void cve_2013_6467_anIkeIntermediateWithoutItsKeyEndsTheAttempt(boolean response, String flaw) {
    Interception i = Interception.of(ExchangeType.IKE_INTERMEDIATE, response);
    assertThat(i.payloads()).singleElement().isInstanceOf(KePayload.class);
    KePayload honest = (KePayload) i.payloads().getFirst();
    List<Action> actions =
        i.deliver(
            switch (flaw) {
              case "METHOD" -> List.of(new KePayload(honest.method() + 1, honest.data()));
              case "LENGTH" -> List.of(new KePayload(honest.method(), Bytes.copyOf(new byte[799])));
              default -> List.of();
            });
    if (response) {
      assertThat(i.a.events(ProtocolEvent.IkeSaClosed.class))
          .extracting(ProtocolEvent.IkeSaClosed::reason)
          .containsExactly(CloseReason.UNEXPECTED_ANSWER);
    } else {
      assertThat(i.error(actions)).contains(NotifyType.INVALID_SYNTAX);
    }
    assertThat(i.victim().crypto.liveKeyExchanges()).isZero();
    assertThat(i.fooled()).isFalse();
    // The honest message comes too late for this attempt.
    i.deliver(i.payloads());
    assertThat(i.fooled()).isFalse();
    assertThat(i.recovers()).isTrue();
  }
}
