package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.VendorIdPayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * IKE_SA_INIT as it should not be, from somebody who claims to be the peer: the request to b, and
 * the answer to a. Each test is named after the vulnerability that other implementations had there.
 */
class HostileInitSimTest {
  private static final int IKEV1_FRAGMENT = 132;
  private static final int COOKIE_MAX = 64;

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void record() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    world.hold(s -> s.packet() instanceof World.Ike);
    a.send(b, 1);
  }

  private IkeMessage request() {
    return Forge.value(MessageDecoder.decode(world.sent.getFirst().ike())).clearMessage();
  }

  private List<Action> toB(List<? extends Payload> payloads) {
    // Long enough that no cookie is asked for.
    List<Payload> padded = new ArrayList<>(payloads);
    padded.add(new VendorIdPayload(new Gen(1).octets(150, 150)));
    return b.ike(
        MessageEncoder.clear(request().header(), padded), new Endpoint(a.address, 500), 500);
  }

  private IkeMessage answer(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.value(MessageDecoder.decode(((Action.Send) s).message())).clearMessage())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no answer in " + actions));
  }

  /** b's answer to the honest request, which a has not seen. */
  private IkeMessage honestAnswer() {
    return answer(toB(request().payloads()));
  }

  private List<Action> toA(IkeHeader header, List<? extends Payload> payloads) {
    return a.ike(MessageEncoder.clear(header, payloads), new Endpoint(b.address, 500), 500);
  }

  private static List<Payload> with(List<Payload> payloads, SaPayload sa) {
    return payloads.stream().map(p -> p instanceof SaPayload ? sa : p).toList();
  }

  /** The proposal with all transforms of one type replaced. */
  private static SaPayload changed(IkeMessage message, TransformType type, Transform... by) {
    Proposal honest = message.first(SaPayload.class).orElseThrow().proposals().getFirst();
    List<Transform> transforms = new ArrayList<>(honest.transforms());
    transforms.removeIf(t -> t.type() == type.id());
    transforms.addAll(List.of(by));
    return new SaPayload(
        List.of(new Proposal(honest.number(), honest.protocol(), honest.spi(), transforms)));
  }

  private void assertRefused(SaPayload proposals) {
    IkeMessage answer = answer(toB(with(request().payloads(), proposals)));
    assertThat(answer.payloads()).containsExactly(NotifyPayload.of(NotifyType.NO_PROPOSAL_CHOSEN));
    assertThat(b.endpoint().view()).isEmpty();
  }

  /** Nothing goes out, the attempt goes on, and the honest answer still completes it. */
  private void assertNotFollowed(IkeMessage honest, List<Payload> forged) {
    assertThat(toA(honest.header(), forged)).noneMatch(Action.Send.class::isInstance);
    assertThat(toA(honest.header(), honest.payloads())).anyMatch(Action.Send.class::isInstance);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 255, 0xffff})
  void cve_2018_10811_aPrfThatWeDoNotHaveIsRefused(int prf) {
    assertRefused(changed(request(), TransformType.PRF, Transform.of(TransformType.PRF, prf)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 255, 0xffff})
  void cve_2018_10811_anAnswerWithAPrfThatWeDidNotOfferIsNotFollowed(int prf) {
    IkeMessage honest = honestAnswer();
    SaPayload forged = changed(honest, TransformType.PRF, Transform.of(TransformType.PRF, prf));
    assertNotFollowed(honest, with(honest.payloads(), forged));
  }

  @Test
  void cve_2016_3071_anAlgorithmThatWeDidNotOfferIsNotFollowed() {
    Transform xcbc = Transform.of(TransformType.INTEG, 5);
    assertRefused(changed(request(), TransformType.INTEG, xcbc));
    IkeMessage honest = honestAnswer();
    assertNotFollowed(honest, with(honest.payloads(), changed(honest, TransformType.INTEG, xcbc)));
  }

  @Test
  void cve_2016_3071_whatWeOfferWeCanDo() {
    Proposal offer = request().first(SaPayload.class).orElseThrow().proposals().getFirst();
    for (Transform encr : ofType(offer, TransformType.ENCR)) {
      for (Transform prf : ofType(offer, TransformType.PRF)) {
        for (Transform ke : ofType(offer, TransformType.KE)) {
          Proposal one =
              new Proposal(offer.number(), offer.protocol(), offer.spi(), List.of(encr, prf, ke));
          HostileInitSimTest fresh = new HostileInitSimTest();
          fresh.record();
          List<Payload> payloads = with(fresh.request().payloads(), new SaPayload(List.of(one)));
          Optional<SaPayload> answer = fresh.answer(fresh.toB(payloads)).first(SaPayload.class);
          boolean sameMethod =
              fresh.request().first(KePayload.class).orElseThrow().method() == ke.id();
          assertThat(answer.isPresent()).as("%s", one).isEqualTo(sameMethod);
        }
      }
    }
  }

  private static List<Transform> ofType(Proposal proposal, TransformType type) {
    return proposal.transforms().stream().filter(t -> t.type() == type.id()).toList();
  }

  @ParameterizedTest
  @CsvSource({"ENCR", "PRF", "KE"})
  void cve_2016_5391_aProposalWithoutOneOfItsTransformsIsRefused(TransformType missing) {
    assertRefused(changed(request(), missing));
    assertRefused(new SaPayload(List.of(new Proposal(1, Proposal.IKE, Bytes.EMPTY, List.of()))));
  }

  @ParameterizedTest
  @CsvSource({"ENCR", "PRF", "KE"})
  void cve_2016_5391_anAnswerWithoutOneOfItsTransformsIsNotFollowed(TransformType missing) {
    IkeMessage honest = honestAnswer();
    assertNotFollowed(honest, with(honest.payloads(), changed(honest, missing)));
  }

  @Test
  void cve_2015_3991_payloadNumbersOfIkeV1MeanNothingInVersion2() {
    int[] v1 = {1, 4, 10};
    List<Payload> payloads = request().payloads();
    List<Payload> renumbered = new ArrayList<>();
    for (int i = 0; i < v1.length; i++) {
      byte[] chain = MessageEncoder.inner(List.of(payloads.get(i)));
      renumbered.add(new OpaquePayload(v1[i], false, Bytes.copyOf(chain, 4, chain.length - 4)));
    }
    renumbered.addAll(payloads.subList(v1.length, payloads.size()));
    assertThat(toB(renumbered)).containsExactly(new Action.Drop(DropReason.IKE_PAYLOAD_SYNTAX));
    assertThat(b.endpoint().view()).isEmpty();
    for (int type = 1; type < 33; type++) {
      List<Payload> more = new ArrayList<>(payloads);
      more.add(new OpaquePayload(type, false, new Gen(type).octets(0, 40)));
      HostileInitSimTest fresh = new HostileInitSimTest();
      fresh.record();
      assertThat(fresh.answer(fresh.toB(more)).error()).as("type %d", type).isEmpty();
    }
  }

  @Test
  void cve_2015_3991_aMessageOfVersion1IsDroppedInSilence() {
    byte[] message = world.sent.getFirst().ike().clone();
    message[17] = 0x10;
    assertThat(b.ike(message, new Endpoint(a.address, 500), 500))
        .containsExactly(new Action.Drop(DropReason.IKE_VERSION));
  }

  @Test
  void cve_2013_6076_aFragmentOfIkeV1IsIgnored() {
    List<Payload> payloads = new ArrayList<>(request().payloads());
    payloads.add(new OpaquePayload(IKEV1_FRAGMENT, false, Bytes.ofHex("0001000101")));
    assertThat(answer(toB(payloads)).error()).isEmpty();
    byte[] alone =
        MessageEncoder.clear(
            request().header(),
            List.of(new OpaquePayload(IKEV1_FRAGMENT, false, Bytes.ofHex("0001000101"))));
    assertThat(b.ike(alone, new Endpoint(a.address, 501), 500))
        .noneMatch(Action.Send.class::isInstance);
    alone[17] = 0x10;
    assertThat(b.ike(alone, new Endpoint(a.address, 501), 500))
        .containsExactly(new Action.Drop(DropReason.IKE_VERSION));
  }

  @Test
  void cve_2013_6467_anIkeSaInitWithoutOneOfItsPayloadsLeavesNothing() {
    List<Payload> payloads = request().payloads();
    List<Payload> needed =
        payloads.stream()
            .filter(p -> !(p instanceof NotifyPayload n) || isNatDetection(n))
            .toList();
    assertThat(needed).hasSize(5);
    for (Payload missing : needed) {
      toB(payloads.stream().filter(p -> !p.equals(missing)).toList());
      assertThat(b.endpoint().view()).as("without %s", missing).isEmpty();
    }
    assertThat(toB(List.of())).noneMatch(Action.Send.class::isInstance);
    assertThat(b.crypto.liveKeyExchanges()).isZero();
  }

  private static boolean isNatDetection(NotifyPayload p) {
    return p.notifyType() == NotifyType.NAT_DETECTION_SOURCE_IP
        || p.notifyType() == NotifyType.NAT_DETECTION_DESTINATION_IP;
  }

  @Test
  void cve_2013_6467_anAnswerWithoutSaKeOrNonceIsNotFollowed() {
    IkeMessage honest = honestAnswer();
    for (Payload missing : honest.payloads().subList(0, 3)) {
      assertThat(
              toA(
                  honest.header(),
                  honest.payloads().stream().filter(p -> !p.equals(missing)).toList()))
          .as("without %s", missing)
          .noneMatch(Action.Send.class::isInstance);
    }
    assertNotFollowed(honest, List.of());
  }

  @Test
  void cve_2015_3240_anAnswerOfSmallOrderIsNotFollowed() {
    IkeMessage honest = honestAnswer();
    for (String value :
        List.of("00".repeat(32), "01" + "00".repeat(31), "", "09", "ff".repeat(33))) {
      KePayload forged = new KePayload(31, Bytes.ofHex(value));
      assertThat(
              toA(
                  honest.header(),
                  honest.payloads().stream()
                      .map(p -> p instanceof KePayload ? forged : p)
                      .toList()))
          .as(value)
          .noneMatch(Action.Send.class::isInstance);
    }
    assertNotFollowed(honest, List.of());
  }

  @ParameterizedTest
  @CsvSource({"0,false", "1,true", "64,true", "65,false", "4000,false"})
  void extra_cookie_longerThan64OctetsIsNotReturned(int length, boolean returned) {
    IkeHeader header =
        new IkeHeader(
            request().header().spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    assertThat(length).isLessThanOrEqualTo(returned ? COOKIE_MAX : Integer.MAX_VALUE);
    List<Action> actions =
        toA(
            header,
            List.of(NotifyPayload.of(NotifyType.COOKIE, new Gen(1).octets(length, length))));
    assertThat(actions.stream().anyMatch(Action.Send.class::isInstance)).isEqualTo(returned);
  }

  @Test
  void extra_cookie_isReturnedSoManyTimesOnly() {
    IkeHeader header =
        new IkeHeader(
            request().header().spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    int returned = 0;
    for (int i = 0; i < 20; i++) {
      NotifyPayload cookie = NotifyPayload.of(NotifyType.COOKIE, new Gen(i).octets(8, 8));
      returned +=
          toA(header, List.of(cookie)).stream().anyMatch(Action.Send.class::isInstance) ? 1 : 0;
    }
    assertThat(returned).isEqualTo(3);
  }

  @Test
  void extra_critical_bit_anUnknownPayloadInIkeSaInitIsNamed() {
    byte[] message =
        MessageEncoder.clear(
            request().header(),
            List.of(
                new OpaquePayload(201, false, new Gen(1).octets(200, 200)),
                new NoncePayload(new Gen(2).octets(32, 32))));
    message[29] = (byte) 0x80;
    IkeMessage answer = answer(b.ike(message, new Endpoint(a.address, 500), 500));
    assertThat(answer.error().orElseThrow().data()).isEqualTo(Bytes.ofHex("c9"));
    assertThat(answer.error().orElseThrow().notifyType())
        .isEqualTo(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
    world.run(Duration.ofSeconds(1));
    assertThat(b.endpoint().view()).isEmpty();
  }
}
