package io.podseal.protocol.sim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.endpoint.SpisInUse;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An authenticated peer that makes SA after SA and never deletes one: what it holds is bounded, and
 * nobody else is shut out.
 */
class HoardingPeerSimTest {
  private static final int TIMES = 1_000;
  private static final int HANDSHAKES = 200;

  /** Of what is begun at the bound, one of each kind may be under way. */
  private static final int UNDER_WAY = 2;

  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final Host c = world.host("c", "10.0.0.3", 3);

  /** The newest IKE SA of a and b, and the next message ID that b expects on it. */
  private Keys.@Nullable IkeSaKeys newest;

  private int nextId = 2;

  @BeforeEach
  void establish() {
    for (Host peer : List.of(a, c)) {
      peer.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
      b.knows(peer, Lifetimes.DEFAULT, Host.key(1, "k"));
    }
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
    newest = b.keys.last();
  }

  /** b's answer to a's next request on the newest IKE SA. */
  private IkeMessage answer(List<? extends Payload> payloads) {
    Keys.IkeSaKeys sa = requireNonNull(newest);
    IkeHeader header =
        new IkeHeader(
            sa.spiInitiator(),
            sa.spiResponder(),
            ExchangeType.CREATE_CHILD_SA,
            true,
            false,
            nextId++);
    List<byte[]> answers =
        b.ike(Forge.seal(sa.copy(), header, payloads), new Endpoint(a.address, 4500), 4500).stream()
            .filter(Action.Send.class::isInstance)
            .map(s -> ((Action.Send) s).message())
            .toList();
    assertThat(answers).hasSize(1);
    return Forge.open(sa.copy(), answers.getFirst());
  }

  private static List<Payload> childRekey(Host from, Host to, int old, int successor) {
    return List.of(
        NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, old),
        NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
        new SaPayload(Proposals.esp(GCM, successor, Pfs.REQUIRED)),
        new NoncePayload(new Gen(successor).octets(32, 32)),
        Stranger.KEY,
        new TsPayload(true, List.of(TrafficSelector.host(from.address))),
        new TsPayload(false, List.of(TrafficSelector.host(to.address))));
  }

  private static List<Payload> ikeRekey(long spi) {
    return List.of(
        new SaPayload(Proposals.ike(GCM, Bytes.ofLong(spi))),
        new NoncePayload(new Gen(spi).octets(32, 32)),
        Stranger.KEY);
  }

  private void assertOthersAreServed() {
    c.send(b, 7);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).contains(7);
    assertThat(b.establishedWith(c)).hasSize(1);
  }

  private static long held(Host host, Host by) {
    return host.endpoint().view().stream()
        .filter(sa -> sa.peer().equals(by.identity.name()))
        .count();
  }

  @Test
  void whoRekeysTheNewestChildWithoutEndIsToldToWait() {
    world.state.forged();
    world.wire.forged();
    int child = b.outboundSpiTo(a).orElseThrow();
    int refused = 0;
    for (int i = 0; i < TIMES; i++) {
      int successor = 0x10000 + i;
      IkeMessage answer = answer(childRekey(a, b, child, successor));
      if (answer.error().isEmpty()) {
        child = successor;
      } else {
        assertThat(answer.error().get().notifyType()).isEqualTo(NotifyType.TEMPORARY_FAILURE);
        refused++;
      }
      assertThat(b.childrenWith(a)).isLessThanOrEqualTo(Limits.LEAVING_CHILDREN_PER_SA + UNDER_WAY);
    }
    assertThat(refused).isGreaterThan(TIMES / 2);
    assertOthersAreServed();
  }

  @Test
  void whoAsksForKeyExchangesWithoutEndIsToldToWaitAndMayAskAgainLater() {
    world.state.forged();
    world.wire.forged();
    assertThat(answeredOf(TIMES)).isEqualTo(Limits.PEER_KEY_EXCHANGE_BURST);
    world.run(Duration.ofSeconds(2));
    assertThat(answeredOf(TIMES)).isEqualTo(2 * Limits.PEER_KEY_EXCHANGE_RATE);
    assertOthersAreServed();
  }

  /** How many requests that cost a key exchange are not put off; all name a child nobody has. */
  private int answeredOf(int requests) {
    int answered = 0;
    for (int i = 0; i < requests; i++) {
      int error = answer(childRekey(a, b, 0x5000, 0x6000)).error().orElseThrow().notifyType();
      answered += error == NotifyType.CHILD_SA_NOT_FOUND ? 1 : 0;
    }
    return answered;
  }

  @Test
  void whoAsksForWhatIsRefusedWithoutEndIsToldToWaitAndLeavesNothing() {
    world.state.forged();
    world.wire.forged();
    List<List<Payload>> requests = refused();
    int before = SpisInUse.taken(b.endpoint(), b.now());
    int waiting = 0;
    for (int i = 0; i < TIMES; i++) {
      int error = answer(requests.get(i % requests.size())).error().orElseThrow().notifyType();
      waiting += error == NotifyType.TEMPORARY_FAILURE ? 1 : 0;
    }
    assertThat(TIMES - waiting).isEqualTo(Limits.PEER_KEY_EXCHANGE_BURST);
    assertThat(SpisInUse.taken(b.endpoint(), b.now())).isEqualTo(before);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertOthersAreServed();
  }

  /** Requests that fail for the key exchange they lack, for its method, or for their SPI. */
  private List<List<Payload>> refused() {
    KePayload unknown = new KePayload(0x7fff, Bytes.ofHex("00"));
    List<Payload> rekey = childRekey(a, b, b.outboundSpiTo(a).orElseThrow(), 0x6000);
    List<Payload> create = withoutRekey(rekey);
    List<Payload> unusable = withoutRekey(childRekey(a, b, 0, 0));
    List<Payload> ike = ikeRekey(0x6000);
    return List.of(
        with(rekey, null),
        with(create, null),
        with(create, unknown),
        unusable,
        with(unusable, null),
        with(ike, null),
        with(ike, unknown));
  }

  private static List<Payload> withoutRekey(List<Payload> payloads) {
    return payloads.stream()
        .filter(p -> !(p instanceof NotifyPayload n && n.notifyType() == NotifyType.REKEY_SA))
        .toList();
  }

  /** The same with another key exchange, or none. */
  private static List<Payload> with(List<Payload> payloads, @Nullable KePayload ke) {
    Stream<Payload> rest = payloads.stream().filter(p -> !(p instanceof KePayload));
    return Stream.concat(rest, Stream.ofNullable(ke)).toList();
  }

  @Test
  void whoRekeysTheNewestIkeSaWithoutEndIsToldToWait() {
    world.state.forged();
    world.wire.forged();
    int refused = 0;
    for (int i = 0; i < TIMES; i++) {
      IkeMessage answer = answer(ikeRekey(0x10000 + i));
      if (answer.error().isEmpty()) {
        newest = b.keys.last();
        nextId = 0;
      } else {
        assertThat(answer.error().get().notifyType()).isEqualTo(NotifyType.TEMPORARY_FAILURE);
        refused++;
      }
      assertThat(held(b, a)).isLessThanOrEqualTo(Limits.IKE_SAS_PER_PEER + UNDER_WAY);
    }
    assertThat(refused).isGreaterThan(TIMES / 2);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertOthersAreServed();
    // What the peer should have deleted goes in the end, and then it may rekey again.
    world.block(p -> true);
    world.run(IkeTimers.ESTABLISHED_TIMEOUT.plus(IkeTimers.DELETE_TIMEOUT).plusSeconds(1));
    assertThat(held(b, a)).isEqualTo(1);
    assertThat(answer(ikeRekey(0x20000)).error()).isEmpty();
  }

  @Test
  void whoShakesHandsWithoutEndLosesItsOldestSas() {
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));
    for (int i = 0; i < HANDSHAKES; i++) {
      a.run(a.endpoint().replaceIkeSa(b.identity, a.now()));
      world.run(Duration.ofMillis(10));
      assertThat(held(b, a)).isLessThanOrEqualTo(Limits.IKE_SAS_PER_PEER + UNDER_WAY);
      assertThat(held(a, b)).isLessThanOrEqualTo(Limits.IKE_SAS_PER_PEER + UNDER_WAY);
    }
    a.send(b, 1);
    world.run(Duration.ofMillis(10));
    assertThat(b.received).contains(1);
    assertOthersAreServed();
  }

  @Test
  void whoIsToRekeyWithoutEndWaitsByItself() {
    world.record();
    for (int i = 0; i < TIMES; i++) {
      a.run(a.endpoint().rekeyIkeSa(b.identity, a.now()));
      world.run(Duration.ofMillis(10));
      assertThat(held(a, b)).isLessThanOrEqualTo(Limits.IKE_SAS_PER_PEER);
    }
    assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class))
        .hasSizeGreaterThan(Limits.IKE_SAS_PER_PEER);
    assertNobodyWasToldToWait();
    world.run(Duration.ofMinutes(1));
    assertThat(held(a, b)).isEqualTo(1);
    assertThat(held(b, a)).isEqualTo(1);
  }

  /** Faster than any policy makes them. */
  @Test
  void endsThatRekeyAcrossEachOtherEverySecondAreNeverToldToWait() {
    world.record();
    for (int i = 0; i < 60; i++) {
      for (Host end : List.of(a, b)) {
        Host other = end == a ? b : a;
        end.run(
            i % 4 == 0
                ? end.endpoint().rekeyIkeSa(other.identity, end.now())
                : end.endpoint().rekeyChild(other.identity, end.now()));
      }
      world.run(Duration.ofSeconds(1));
    }
    assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(15);
    assertThat(a.events(ProtocolEvent.ChildSaInstalled.class)).hasSizeGreaterThan(45);
    assertNobodyWasToldToWait();
  }

  private void assertNobodyWasToldToWait() {
    for (World.Sent s : world.sent) {
      if (s.is(a, ExchangeType.CREATE_CHILD_SA, true)
          || s.is(b, ExchangeType.CREATE_CHILD_SA, true)) {
        assertThat(opened(s).error()).isEmpty();
      }
    }
  }

  private IkeMessage opened(World.Sent sent) {
    long spi = ByteBuffer.wrap(sent.ike()).getLong(0);
    Keys.IkeSaKeys keys =
        b.keys.ike.stream().filter(k -> k.spiInitiator() == spi).findFirst().orElseThrow();
    return Forge.open(keys.copy(), sent.ike());
  }
}
