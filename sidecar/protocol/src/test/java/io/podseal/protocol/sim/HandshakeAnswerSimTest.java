package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.keymat.PskAuth;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an initiator checks in the answer to its IKE_AUTH, written here in the peer's place. */
class HandshakeAnswerSimTest {
  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void waitForTheAnswer() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.IKE_AUTH, false));
    a.send(b, 1);
    world.run(Duration.ofMillis(10));
    world.openAll();
    assertThat(a.keys.ike).hasSize(1);
  }

  private AuthPayload auth(String psk, IdPayload id) {
    IkeMessage request = Forge.value(MessageDecoder.decode(world.sent.get(0).ike())).clearMessage();
    byte[] response = world.sent.get(1).ike();
    Bytes value =
        PskAuth.compute(
                new JdkCryptoProvider().prf(PrfAlgorithm.HMAC_SHA2_256),
                Host.key(1, psk).secret(),
                response,
                request.nonce().orElseThrow(),
                a.keys.last().copy().skPr(),
                id.body())
            .use(Bytes::copyOf);
    return new AuthPayload(AuthPayload.SHARED_KEY_MIC, value);
  }

  private IdPayload id() {
    return IdPayload.of(false, b.identity);
  }

  private SaPayload sa() {
    return new SaPayload(Proposals.esp(GCM, 0x12345678, Pfs.NONE));
  }

  private List<Payload> child() {
    return new ArrayList<>(
        List.of(
            NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
            sa(),
            new TsPayload(true, List.of(TrafficSelector.host(a.address))),
            new TsPayload(false, List.of(TrafficSelector.host(b.address)))));
  }

  private void answer(List<? extends Payload> payloads) {
    world.state.forged();
    a.ike(
        Forge.seal(a.keys.last().copy(), header(), payloads), new Endpoint(b.address, 4500), 4500);
  }

  private IkeHeader header() {
    Keys.IkeSaKeys keys = a.keys.last();
    return new IkeHeader(
        keys.spiInitiator(), keys.spiResponder(), ExchangeType.IKE_AUTH, false, true, 1);
  }

  private void answer(IdPayload id, AuthPayload auth, List<? extends Payload> child) {
    List<Payload> all = new ArrayList<>(List.of(id, auth));
    all.addAll(child);
    answer(all);
  }

  private void assertRefused(CloseReason reason) {
    assertThat(a.childrenWith(b)).isZero();
    assertThat(a.establishedWith(b)).isEmpty();
    world.block(p -> true);
    world.run(Duration.ofSeconds(20));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason()).isEqualTo(reason);
  }

  @Test
  void anAnswerAsItShouldBeIsAcceptedSoThatTheOthersFailForTheirOwnReason() {
    answer(id(), auth("k", id()), child());
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
  }

  /** RFC 7296 §2.5: whoever does not know a critical payload must reject the message. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void extra_critical_bit_inAnAnswerThatIsElseRightEndsTheAttempt(boolean critical) {
    List<Payload> all = new ArrayList<>(List.of(id(), auth("k", id())));
    all.addAll(child());
    world.state.forged();
    a.ike(
        Forge.sealAfterUnknown(a.keys.last().copy(), header(), critical, all),
        new Endpoint(b.address, 4500),
        4500);
    if (critical) {
      assertThat(a.drops(DropReason.IKE_UNKNOWN_CRITICAL)).isEqualTo(1);
      assertRefused(CloseReason.INVALID_SYNTAX);
    } else {
      assertThat(a.establishedWith(b)).hasSize(1);
    }
  }

  @Test
  void anotherIdentityIsRefusedAlthoughItHoldsTheKey() {
    IdPayload other = IdPayload.of(false, new Identity("c"));
    answer(other, auth("k", other), child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void ourOwnIdentityIsRefused() {
    IdPayload own = IdPayload.of(false, a.identity);
    answer(own, auth("k", own), child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void anIdentityOfAnotherTypeIsRefused() {
    IdPayload keyId = new IdPayload(false, 11, 0, b.identity.octets());
    answer(keyId, auth("k", keyId), child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void anotherKeyIsRefused() {
    answer(id(), auth("another", id()), child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void anotherMethodIsRefusedWhateverItsData() {
    answer(id(), new AuthPayload(14, auth("k", id()).data()), child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void anAuthCutShortOrEmptyIsRefused() {
    Bytes whole = auth("k", id()).data();
    answer(
        id(),
        new AuthPayload(AuthPayload.SHARED_KEY_MIC, Bytes.copyOf(whole.toArray(), 0, 31)),
        child());
    assertRefused(CloseReason.AUTHENTICATION_FAILED);
  }

  @Test
  void anAnswerWithoutAuthIsNotOneEvenIfItHasAChild() {
    List<Payload> all = new ArrayList<>(List.of(id()));
    all.addAll(child());
    answer(all);
    assertRefused(CloseReason.UNEXPECTED_ANSWER);
  }

  @Test
  void transformsThatWereNotOfferedAreRefused() {
    List<Payload> child = child();
    Proposal cbc =
        new Proposal(
            1,
            Proposal.ESP,
            Bytes.ofInt(0x12345678),
            List.of(Transform.of(TransformType.ENCR, 12, 256), Transform.of(TransformType.SN, 1)));
    child.set(1, new SaPayload(List.of(cbc)));
    answer(id(), auth("k", id()), child);
    assertRefused(CloseReason.CHILD_REFUSED);
  }

  @Test
  void noExtendedSequenceNumbersIsRefused() {
    List<Payload> child = child();
    Proposal noSn =
        new Proposal(
            1,
            Proposal.ESP,
            Bytes.ofInt(0x12345678),
            List.of(Transform.of(TransformType.ENCR, 20, 256)));
    child.set(1, new SaPayload(List.of(noSn)));
    answer(id(), auth("k", id()), child);
    assertRefused(CloseReason.CHILD_REFUSED);
  }

  @Test
  void aReservedSpiIsRefused() {
    List<Payload> child = child();
    child.set(1, new SaPayload(Proposals.esp(GCM, 255, Pfs.NONE)));
    answer(id(), auth("k", id()), child);
    assertRefused(CloseReason.CHILD_REFUSED);
  }

  @Test
  void tunnelModeIsRefused() {
    answer(id(), auth("k", id()), child().subList(1, 4));
    assertRefused(CloseReason.CHILD_REFUSED);
  }

  @Test
  void selectorsOfMoreThanAPairAreRefused() {
    TrafficSelector several = TrafficSelector.network(a.address, 24);
    List<Payload> child = child();
    child.set(2, new TsPayload(true, List.of(several)));
    answer(id(), auth("k", id()), child);
    assertRefused(CloseReason.CHILD_REFUSED);
  }

  /** §2.23.1: our source address may be translated where we cannot see it. */
  @Test
  void theSelectorThatStandsForUsIsOurAddressWhateverItNames() throws Exception {
    TrafficSelector seen = TrafficSelector.host(InetAddress.getByName("10.0.0.66"));
    List<Payload> child = child();
    child.set(2, new TsPayload(true, List.of(seen)));
    answer(id(), auth("k", id()), child);
    assertThat(a.childrenWith(b)).isEqualTo(1);
  }

  @Test
  void aChildErrorEndsTheSaWithItsName() {
    answer(id(), auth("k", id()), List.of(NotifyPayload.of(NotifyType.TS_UNACCEPTABLE)));
    assertRefused(CloseReason.TS_UNACCEPTABLE);
  }

  @Test
  void anAnswerThatCannotBeReadEndsTheAttempt() {
    Keys.IkeSaKeys keys = a.keys.last();
    IkeHeader header =
        new IkeHeader(
            keys.spiInitiator(), keys.spiResponder(), ExchangeType.IKE_AUTH, false, true, 1);
    byte[] message = Forge.sealPlaintext(keys.copy(), header, 39, new byte[] {0, 0, 0, 1, 0});
    a.ike(message, new Endpoint(b.address, 4500), 4500);
    assertRefused(CloseReason.INVALID_SYNTAX);
    assertThat(a.crypto.liveCiphers()).isZero();
  }
}
