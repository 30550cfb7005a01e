package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a peer that holds the keys can send: every message here is protected as it should be. */
class ProtectedInputSimTest {
  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  /** The next message ID that b expects of a. */
  private int nextId = 2;

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
    world.state.forged();
  }

  private IkeHeader request(ExchangeType exchange, int messageId) {
    Keys.IkeSaKeys sa = a.keys.last();
    return new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, false, messageId);
  }

  private List<Action> deliver(byte[] message) {
    return b.ike(message, new Endpoint(a.address, 4500), 4500);
  }

  /** b's answer to a's next request. */
  private IkeMessage answer(ExchangeType exchange, List<? extends Payload> payloads) {
    return answer(deliver(Forge.seal(a.keys.last().copy(), request(exchange, nextId++), payloads)));
  }

  private IkeMessage answer(List<Action> actions) {
    List<byte[]> answers = answers(actions);
    assertThat(answers).hasSize(1);
    return Forge.open(a.keys.last().copy(), answers.getFirst());
  }

  private static List<byte[]> answers(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .filter(m -> (m[19] & 0x20) != 0)
        .toList();
  }

  private static void assertError(IkeMessage answer, int notifyType) {
    assertThat(answer.payloads()).hasSize(1);
    assertThat(answer.error().map(NotifyPayload::notifyType)).contains(notifyType);
  }

  private int currentSpiOfA() {
    return b.outboundSpiTo(a).orElseThrow();
  }

  private void assertAlive() {
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(answer(ExchangeType.INFORMATIONAL, List.of()).payloads()).isEmpty();
  }

  private void assertEndedBySyntax() {
    assertThat(b.establishedWith(a)).isEmpty();
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.INVALID_SYNTAX);
  }

  /** A rekey request of the current child as it should be. */
  private List<Payload> rekey() {
    return rekey(
        NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, currentSpiOfA()),
        0x12345678);
  }

  private List<Payload> rekey(NotifyPayload notify, int newSpi) {
    byte[] ke =
        new JdkCryptoProvider().keyExchange(KeyExchangeMethod.X25519, b -> b[0] = 1).publicValue();
    return new ArrayList<>(
        List.of(
            notify,
            NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
            new SaPayload(Proposals.esp(GCM, newSpi, Pfs.REQUIRED)),
            new NoncePayload(new Gen(3).octets(32, 32)),
            new KePayload(KeyExchangeMethod.X25519.id(), Bytes.copyOf(ke)),
            new TsPayload(true, List.of(TrafficSelector.host(a.address))),
            new TsPayload(false, List.of(TrafficSelector.host(b.address)))));
  }

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
        List.of(ExchangeType.IKE_AUTH, ExchangeType.CREATE_CHILD_SA, ExchangeType.INFORMATIONAL)) {
      IkeHeader header =
          new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, true, true, messageId);
      assertThat(deliver(Forge.seal(sa.copy(), header, List.of(DeletePayload.ike()))))
          .containsExactly(new Action.Drop(DropReason.IKE_MESSAGE_ID));
    }
    assertAlive();
  }

  @Test
  void aSecondIkeAuthIsNotOpenedAgain() {
    byte[] message = Forge.seal(a.keys.last().copy(), request(ExchangeType.IKE_AUTH, 2), List.of());
    assertThat(deliver(message)).containsExactly(new Action.Drop(DropReason.IKE_UNEXPECTED));
    assertAlive();
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
