package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rekeys, right and wrong, that a peer that holds the keys can ask for. */
class ProtectedRekeySimTest extends HeldKeys {
  private static List<Payload> without(List<Payload> payloads, Predicate<Payload> which) {
    return payloads.stream().filter(which.negate()).toList();
  }

  private static List<Payload> replaced(List<Payload> payloads, Payload by) {
    return payloads.stream()
        .map(p -> p.getClass() == by.getClass() && p.type() == by.type() ? by : p)
        .toList();
  }

  @Test
  void aRekeyAsItShouldBeIsAcceptedSoThatTheOthersFailForTheirOwnReason() {
    IkeMessage answer = answer(ExchangeType.CREATE_CHILD_SA, rekey());
    assertThat(answer.error()).isEmpty();
    assertThat(answer.first(SaPayload.class)).isPresent();
    assertThat(b.childrenWith(a)).isEqualTo(2);
    assertAlive();
  }

  @ParameterizedTest
  @CsvSource({"0,4", "1,4", "2,4", "255,4", "3,0", "3,3", "3,5", "3,8", "1,8", "0,0"})
  void cve_2023_38710_aRekeyOfAnotherProtocolOrSpiSizeIsASyntaxErrorAndNothingIsEchoed(
      int protocol, int size) {
    byte[] spi = new byte[size];
    NotifyPayload notify =
        new NotifyPayload(protocol, Bytes.copyOf(spi), NotifyType.REKEY_SA, Bytes.EMPTY);
    IkeMessage answer = answer(ExchangeType.CREATE_CHILD_SA, rekey(notify, 0x12345678));
    assertError(answer, NotifyType.INVALID_SYNTAX);
    assertThat(answer.error().orElseThrow().spi()).isEqualTo(Bytes.EMPTY);
    assertEndedBySyntax();
  }

  /** a gives up what b's rekey has just made, while b's Delete of the old child is on its way. */
  @Test
  void regular_responder_delete() {
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.childrenWith(a)).isEqualTo(2);
    int ofA = currentSpiOfA();
    int ofB =
        b.plane.children().stream()
            .filter(c -> c.outboundSpi == ofA)
            .findFirst()
            .orElseThrow()
            .inboundSpi;
    assertThat(
            answer(
                    ExchangeType.INFORMATIONAL,
                    List.of(DeletePayload.child(SecurityProtocol.ESP, ofA)))
                .payloads())
        .containsExactly(DeletePayload.child(SecurityProtocol.ESP, ofB));
    world.release();
    world.run(Duration.ofMillis(10));
    assertThat(b.childrenWith(a)).isZero();
    assertThat(b.establishedWith(a)).hasSize(1);
    b.send(a, 7);
    world.run(Duration.ofSeconds(1));
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(a.received).contains(7);
  }

  @Test
  void aRekeyOfAChildWeDoNotHaveIsNotFoundAndNamesItsSpi() {
    NotifyPayload notify =
        NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, 0x7eadbeef);
    IkeMessage answer = answer(ExchangeType.CREATE_CHILD_SA, rekey(notify, 0x12345678));
    assertError(answer, NotifyType.CHILD_SA_NOT_FOUND);
    assertThat(answer.error().orElseThrow().spi()).isEqualTo(Bytes.ofInt(0x7eadbeef));
    assertAlive();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255})
  void cve_2025_39965_aReservedSpiIsNotAccepted(int spi) {
    NotifyPayload notify =
        NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, currentSpiOfA());
    assertError(
        answer(ExchangeType.CREATE_CHILD_SA, rekey(notify, spi)), NotifyType.NO_PROPOSAL_CHOSEN);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertAlive();
  }

  @Test
  void proposalsOfOneNumberDoNotConfuseTheResponder() {
    Proposal other = new Proposal(1, Proposal.AH, Bytes.EMPTY, List.of());
    SaPayload sa =
        new SaPayload(List.of(other, Proposals.esp(GCM, 0x12345678, Pfs.REQUIRED).getFirst()));
    IkeMessage answer = answer(ExchangeType.CREATE_CHILD_SA, replaced(rekey(), sa));
    assertThat(answer.error()).isEmpty();
    assertAlive();
  }

  @Test
  void anotherChildAndARekeyOfTheIkeSaAreAccepted() {
    List<Payload> another =
        without(
            rekey(), p -> p instanceof NotifyPayload n && n.notifyType() == NotifyType.REKEY_SA);
    assertThat(answer(ExchangeType.CREATE_CHILD_SA, another).error()).isEmpty();
    assertThat(b.childrenWith(a)).isEqualTo(2);
    Proposal ike = Proposals.ike(GCM, Bytes.EMPTY).getFirst();
    SaPayload sa =
        new SaPayload(
            List.of(new Proposal(1, Proposal.IKE, new Gen(1).octets(8, 8), ike.transforms())));
    List<Payload> ikeRekey = without(replaced(another, sa), p -> p instanceof TsPayload);
    assertThat(answer(ExchangeType.CREATE_CHILD_SA, ikeRekey).error()).isEmpty();
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(b.childrenWith(a)).isEqualTo(2);
    // The old one only waits for its Delete.
    assertError(answer(ExchangeType.CREATE_CHILD_SA, another), NotifyType.TEMPORARY_FAILURE);
    assertError(answer(ExchangeType.CREATE_CHILD_SA, ikeRekey), NotifyType.TEMPORARY_FAILURE);
  }

  @Test
  void aRekeyMustKeepTheSelectorsTheModeAndThePerfectForwardSecrecy() throws Exception {
    InetAddress elsewhere = InetAddress.getByName("10.0.0.66");
    TrafficSelector foreign = TrafficSelector.host(elsewhere);
    TrafficSelector all =
        new TrafficSelector(
            TrafficSelector.IPV4_RANGE, 0, 0, 0xffff, Bytes.ofInt(0), Bytes.ofInt(-1));
    for (TrafficSelector wrong : List.of(foreign, all)) {
      for (boolean initiator : new boolean[] {true, false}) {
        List<Payload> request = replaced(rekey(), new TsPayload(initiator, List.of(wrong)));
        assertError(answer(ExchangeType.CREATE_CHILD_SA, request), NotifyType.TS_UNACCEPTABLE);
      }
    }
    assertError(
        answer(ExchangeType.CREATE_CHILD_SA, without(rekey(), p -> p instanceof TsPayload)),
        NotifyType.TS_UNACCEPTABLE);
    List<Payload> tunnel =
        without(
            rekey(),
            p -> p instanceof NotifyPayload n && n.notifyType() == NotifyType.USE_TRANSPORT_MODE);
    assertError(answer(ExchangeType.CREATE_CHILD_SA, tunnel), NotifyType.NO_PROPOSAL_CHOSEN);
    SaPayload noPfs = new SaPayload(Proposals.esp(GCM, 0x12345678, Pfs.NONE));
    assertError(
        answer(ExchangeType.CREATE_CHILD_SA, replaced(rekey(), noPfs)),
        NotifyType.NO_PROPOSAL_CHOSEN);
    IkeMessage wrongKe =
        answer(
            ExchangeType.CREATE_CHILD_SA,
            replaced(rekey(), new KePayload(19, new Gen(1).octets(64, 64))));
    assertError(wrongKe, NotifyType.INVALID_KE_PAYLOAD);
    assertThat(wrongKe.error().orElseThrow().data()).isEqualTo(Bytes.ofHex("001f"));
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertAlive();
  }

  @Test
  void cve_2015_3240_aRekeyWithAnAllZeroKeyExchangeValueIsASyntaxError() {
    KePayload zero = new KePayload(31, Bytes.copyOf(new byte[32]));
    assertError(
        answer(ExchangeType.CREATE_CHILD_SA, replaced(rekey(), zero)), NotifyType.INVALID_SYNTAX);
    assertEndedBySyntax();
  }
}
