package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.HalfMessages;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.message.VendorIdPayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.ByteWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fragments as nobody should send them, with the keys of an established SA and without. */
class HostileFragmentSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  /** The next message ID that b expects of a. */
  private int nextId = 2;

  @BeforeEach
  void establish() {
    // The test speaks for a, which must not ask anything itself.
    Lifetimes patient =
        new Lifetimes(
            Lifetimes.DEFAULT.child(), Lifetimes.DEFAULT.ike(), IkeTimers.REASSEMBLY.plusHours(1));
    a.knows(b, patient, Host.key(1, "k"));
    b.knows(a, patient, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  private IkeHeader request(int messageId) {
    Keys.IkeSaKeys sa = a.keys.last();
    return new IkeHeader(
        sa.spiInitiator(), sa.spiResponder(), ExchangeType.INFORMATIONAL, true, false, messageId);
  }

  private List<Action> deliver(byte[] message) {
    return b.ike(message, new Endpoint(a.address, 4500), 4500);
  }

  private void assertDropped(byte[] message, DropReason reason) {
    assertThat(deliver(message)).containsExactly(new Action.Drop(reason));
  }

  private void assertKept(byte[] message) {
    assertThat(deliver(message)).isEmpty();
  }

  private byte[] fragment(int messageId, int number, int total) {
    return fragment(messageId, number, total, new byte[20]);
  }

  private byte[] fragment(int messageId, int number, int total, byte[] content) {
    return Forge.sealFragment(
        a.keys.last().copy(), request(messageId), PayloadType.VENDOR_ID, number, total, content);
  }

  private List<byte[]> fragments(List<? extends Payload> payloads, int total) {
    return Forge.sealFragments(a.keys.last().copy(), request(nextId++), payloads, total);
  }

  private static List<byte[]> answers(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .filter(m -> (m[19] & 0x20) != 0)
        .toList();
  }

  private IkeMessage answer(List<Action> actions) {
    assertThat(answers(actions)).hasSize(1);
    return Forge.open(a.keys.last().copy(), answers(actions).getFirst());
  }

  private IkeMessage answer(List<? extends Payload> payloads, int total) {
    List<byte[]> fragments = fragments(payloads, total);
    fragments.subList(0, total - 1).forEach(this::assertKept);
    return answer(deliver(fragments.getLast()));
  }

  private void assertAlive() {
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(answer(List.of(new VendorIdPayload(new Gen(1).octets(90, 90))), 3).payloads())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,1", "0,65535", "2,1", "65535,1"})
  void extra_fragment_numbers_thatCannotBeAreDropped(int number, int total) {
    assertDropped(fragment(nextId, number, total), DropReason.IKE_FRAGMENT_NUMBER);
    assertAlive();
  }

  @Test
  void aRequestInFragmentsIsTheRequest() {
    List<byte[]> fragments =
        fragments(
            List.of(DeletePayload.child(SecurityProtocol.ESP, b.outboundSpiTo(a).orElseThrow())),
            4);
    Collections.reverse(fragments);
    fragments.subList(0, 3).forEach(this::assertKept);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(answer(deliver(fragments.getLast())).first(DeletePayload.class)).isPresent();
    assertThat(b.childrenWith(a)).isZero();
  }

  @Test
  void extra_fragment_total_aSmallerOneIsDroppedAndALargerOneStartsOver() {
    assertKept(fragment(nextId, 1, 3));
    assertDropped(fragment(nextId, 1, 2), DropReason.IKE_FRAGMENT_OUTDATED);
    assertDropped(fragment(nextId, 1, 3), DropReason.IKE_FRAGMENT_DUPLICATE);
    List<byte[]> larger = fragments(List.of(new VendorIdPayload(new Gen(1).octets(90, 90))), 4);
    assertKept(larger.get(0));
    assertDropped(fragment(nextId - 1, 2, 3), DropReason.IKE_FRAGMENT_OUTDATED);
    assertKept(larger.get(1));
    assertKept(larger.get(2));
    assertThat(answer(deliver(larger.get(3))).payloads()).isEmpty();
    assertAlive();
  }

  @Test
  void aForgedTotalOf65535CostsNothing() {
    byte[] forged = fragment(nextId, 1, 65_535);
    forged[forged.length - 1] ^= 1;
    assertDropped(forged, DropReason.IKE_INTEGRITY);
    assertAlive();
  }

  @Test
  void anAuthenticTotalOf65535EndsTheSa() {
    List<Action> actions = deliver(fragment(nextId, 1, 65_535));
    assertThat(actions).contains(new Action.Drop(DropReason.IKE_FRAGMENT_LIMIT));
    assertThat(answers(actions)).isEmpty();
    assertThat(b.establishedWith(a)).isEmpty();
    assertThat(b.childrenWith(a)).isZero();
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.FRAGMENT_LIMIT);
  }

  @Test
  void moreOctetsThanWeCollectEndTheSa() {
    byte[] content = new byte[Limits.REASSEMBLY_OCTETS / 10];
    int kept = 0;
    for (int number = 1; number <= 20 && !b.establishedWith(a).isEmpty(); number++) {
      kept += deliver(fragment(nextId, number, 20, content)).isEmpty() ? 1 : 0;
    }
    assertThat(kept).isEqualTo(9);
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class).getLast().reason())
        .isEqualTo(CloseReason.FRAGMENT_LIMIT);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 100, -1, Integer.MIN_VALUE})
  void fragmentsOfAMessageIdThatIsNotDueAreNotEvenOpened(int messageId) {
    for (int number = 1; number <= 3; number++) {
      assertDropped(fragment(messageId, number, 3), DropReason.IKE_MESSAGE_ID);
    }
    assertThat(b.endpoint().deadline().filter(at -> at.isBefore(world.now().plusSeconds(31))))
        .isEmpty();
    assertAlive();
  }

  @Test
  void wholeAndSplitOfOneMessageIdAreOneRequest() {
    List<byte[]> split = fragments(List.of(new VendorIdPayload(new Gen(1).octets(60, 60))), 2);
    assertKept(split.get(0));
    byte[] whole = Forge.seal(a.keys.last().copy(), request(nextId - 1), List.of());
    byte[] first = answers(deliver(whole)).getFirst();
    assertDropped(split.get(1), DropReason.IKE_FRAGMENT_DUPLICATE);
    // RFC 7383 §2.6.1: the first fragment of what is answered brings the answer again.
    assertThat(answers(deliver(split.get(0)))).containsExactly(first);
    assertAlive();
  }

  @Test
  void aForgedFirstFragmentOfWhatIsAnsweredBringsNothing() {
    List<byte[]> split = fragments(List.of(new VendorIdPayload(new Gen(1).octets(60, 60))), 2);
    assertKept(split.get(0));
    answer(deliver(split.get(1)));
    byte[] forged = split.get(0).clone();
    forged[forged.length - 1] ^= 1;
    assertDropped(forged, DropReason.IKE_INTEGRITY);
    assertAlive();
  }

  @Test
  void aTamperedFragmentLeavesRoomForTheGoodOne() {
    List<byte[]> split = fragments(List.of(new VendorIdPayload(new Gen(1).octets(60, 60))), 2);
    byte[] tampered = split.get(0).clone();
    tampered[45] ^= 1;
    assertDropped(tampered, DropReason.IKE_INTEGRITY);
    assertKept(split.get(1));
    assertThat(answer(deliver(split.get(0))).payloads()).isEmpty();
    assertAlive();
  }

  @Test
  void anIncompleteRequestIsForgottenInTimeAndTheIdStaysFree() {
    assertKept(fragment(nextId, 1, 2));
    world.run(IkeTimers.REASSEMBLY.plusSeconds(1));
    assertThat(b.drops(DropReason.IKE_FRAGMENT_EXPIRED)).isEqualTo(1);
    assertKept(fragment(nextId, 2, 2));
    assertAliveAfterExpiry();
  }

  private void assertAliveAfterExpiry() {
    world.run(IkeTimers.REASSEMBLY.plusSeconds(1));
    assertThat(b.drops(DropReason.IKE_FRAGMENT_EXPIRED)).isEqualTo(2);
    assertAlive();
  }

  @Test
  void halfARequestIsForgottenWhenWeDeleteTheSa() {
    IkeSa sa = b.establishedWith(a).getFirst();
    assertKept(fragment(nextId, 1, 2));
    assertThat(HalfMessages.areKeptBy(sa)).isTrue();
    b.forgets(a);
    world.run(Duration.ofMillis(100));
    assertThat(sa.ended()).isPresent();
    assertThat(HalfMessages.areKeptBy(sa)).isFalse();
  }

  @Test
  void halfARequestIsForgottenWhenThePeerIsDead() {
    IkeSa sa = b.establishedWith(a).getFirst();
    world.block(p -> true);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(IkeTimers.ESTABLISHED_TIMEOUT.minusSeconds(10));
    assertKept(fragment(nextId, 1, 2));
    world.run(Duration.ofSeconds(15));
    assertThat(sa.ended()).contains(CloseReason.NO_ANSWER);
    assertThat(HalfMessages.areKeptBy(sa)).isFalse();
  }

  @Test
  void halfAnAnswerIsForgottenWhenThePeerDeletesTheSa() {
    IkeSa sa = b.establishedWith(a).getFirst();
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    Keys.IkeSaKeys keys = a.keys.last();
    IkeHeader answer =
        new IkeHeader(
            keys.spiInitiator(), keys.spiResponder(), ExchangeType.CREATE_CHILD_SA, true, true, 0);
    assertKept(Forge.sealFragment(keys.copy(), answer, PayloadType.VENDOR_ID, 1, 2, new byte[20]));
    assertThat(HalfMessages.areKeptBy(sa)).isTrue();
    a.forgets(b);
    world.run(Duration.ofMillis(100));
    assertThat(sa.ended()).isPresent();
    assertThat(HalfMessages.areKeptBy(sa)).isFalse();
  }

  @Test
  void anUnknownCriticalPayloadInFragmentsIsNamed() {
    byte[] unknown = {0, (byte) 0x80, 0, 8, 1, 2, 3, 4};
    IkeHeader header = request(nextId++);
    assertKept(
        Forge.sealFragment(
            a.keys.last().copy(), header, 0, 2, 2, Arrays.copyOfRange(unknown, 3, 8)));
    byte[] first =
        Forge.sealFragment(a.keys.last().copy(), header, 201, 1, 2, Arrays.copyOf(unknown, 3));
    IkeMessage answer = answer(deliver(first));
    assertThat(answer.error().map(NotifyPayload::notifyType))
        .contains(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
    assertAlive();
  }

  @Test
  void fragmentsThatMakeNoMessageAreASyntaxError() {
    byte[] content = {0, 0, 0, 3, 0};
    assertKept(fragment(nextId, 1, 2, content));
    IkeMessage answer = answer(deliver(fragment(nextId, 2, 2, content)));
    assertThat(answer.error().map(NotifyPayload::notifyType)).contains(NotifyType.INVALID_SYNTAX);
    assertThat(b.establishedWith(a)).isEmpty();
  }

  @Test
  void cve_2026_12413_unknownPayloadsBeforeAFragmentAreBoundedAndOnlyBeforeTheFirst() {
    assertDropped(afterClear(33, 1), DropReason.IKE_TOO_MANY_PAYLOADS);
    assertDropped(afterClear(1, 2), DropReason.IKE_FRAGMENT_NUMBER);
    assertKept(afterClear(3, 1));
    assertThat(answer(deliver(fragment(nextId++, 2, 2, new byte[0]))).payloads()).isEmpty();
    assertAlive();
  }

  /** An authentic fragment behind so many unknown payloads in clear. */
  private byte[] afterClear(int count, int number) {
    List<Payload> clear =
        Collections.nCopies(count, new OpaquePayload(200, false, new Gen(1).octets(4, 4)));
    byte[] message = MessageEncoder.clear(request(nextId), clear);
    // The last payload in clear, 8 octets long, announces the fragment.
    message[message.length - 8] = PayloadType.ENCRYPTED_FRAGMENT;
    byte[] plaintext = {0};
    int length = 8 + plaintext.length + Aead.TAG_LENGTH;
    ByteWriter prefix = new ByteWriter().bytes(message);
    prefix.u8(0).u8(0).u16(8 + length).u16(number).u16(2);
    prefix.setU32(24, prefix.length() + length);
    return Forge.sealAfter(a.keys.last().copy(), request(nextId), prefix.toArray(), plaintext);
  }

  @Test
  void fragmentsOfAPeerThatDidNotSayThatItSplitsAreNotKept() {
    Host c = world.host("c", "10.0.0.3", 3);
    // An initiator that does not know RFC 7383: its request without the notify.
    world.record();
    world.block(p -> true);
    c.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    c.send(b, 1);
    IkeMessage request =
        Forge.value(MessageDecoder.decode(world.sent.getLast().ike())).clearMessage();
    List<Payload> older =
        request.payloads().stream()
            .filter(p ->
                !(p instanceof NotifyPayload n
                    && n.notifyType() == NotifyType.IKEV2_FRAGMENTATION_SUPPORTED))
            .toList();
    b.ike(MessageEncoder.clear(request.header(), older), new Endpoint(c.address, 500), 500);
    IkeMessage answer =
        Forge.value(MessageDecoder.decode(world.sent.getLast().ike())).clearMessage();
    assertThat(answer.has(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED)).isFalse();
    Keys.IkeSaKeys sa = b.keys.last();
    IkeHeader header =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), ExchangeType.IKE_AUTH, true, false, 1);
    byte[] fragment = Forge.sealFragment(sa.copy(), header, 35, 1, 2, new byte[9]);
    assertThat(b.ike(fragment, new Endpoint(c.address, 4500), 4500))
        .containsExactly(new Action.Drop(DropReason.IKE_FRAGMENT_NOT_NEGOTIATED));
  }

  /** Any sequence of authentic fragments of any numbers: never two answers, never an exception. */
  @Test
  void noSequenceOfFragmentsThrowsOrIsAnsweredTwice() {
    int ended = 0;
    int answered = 0;
    for (long seed = 0; seed < 1_500; seed++) {
      Random random = new Random(seed);
      List<byte[]> pool = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        List<Payload> payloads = new Gen(seed * 3 + i).payloads();
        pool.addAll(
            Forge.sealFragments(
                a.keys.last().copy(), request(nextId), payloads, 1 + random.nextInt(4)));
      }
      Collections.shuffle(pool, random);
      int answers = 0;
      for (byte[] fragment : pool) {
        answers += answers(deliver(fragment)).size();
      }
      answered += answers > 0 ? 1 : 0;
      nextId++;
      if (answers == 0 || b.establishedWith(a).isEmpty()) {
        ended++;
        a.restart();
        b.restart();
        a.send(b, 0);
        world.run(Duration.ofSeconds(1));
        nextId = 2;
        assertThat(b.establishedWith(a)).as("seed %d", seed).hasSize(1);
      }
    }
    assertThat(answered).isGreaterThan(700);
    assertThat(ended).isBetween(50, 1_400);
  }
}
