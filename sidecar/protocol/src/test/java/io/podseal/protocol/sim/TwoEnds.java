package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Two pods with an SA and traffic both ways, on which a scenario holds, loses and orders messages.
 * Each runs with several seeds, so that the lowest nonce falls on either end and either end is the
 * original initiator. Afterwards there is one IKE SA and one child in which both agree.
 */
abstract class TwoEnds {
  static final CryptoOffer HYBRID = CryptoOffer.HYBRID;
  static final CryptoOffer X25519_FIRST =
      CryptoOffer.CLASSIC.withKeyExchange(
          List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256));
  static final CryptoOffer P256_FIRST =
      CryptoOffer.CLASSIC.withKeyExchange(
          List.of(KeyExchangeMethod.P256, KeyExchangeMethod.X25519));
  static final CryptoOffer P256_ONLY =
      CryptoOffer.CLASSIC.withKeyExchange(List.of(KeyExchangeMethod.P256));

  private static final int SEEDS = 8;
  private static final int PACKETS = 200;
  private static final Duration GAP = Duration.ofMillis(5);

  /** Longer than any pause after TEMPORARY_FAILURE. */
  private static final Duration UNTIL_PACKETS_AGAIN =
      IkeTimers.TEMPORARY_FAILURE_BACKOFF.plus(IkeTimers.TEMPORARY_FAILURE_SPREAD).plusSeconds(1);

  World world = new World(0, new CheapCrypto());
  Host a = world.host("a", "10.0.0.1", 1);
  Host b = world.host("b", "10.0.0.2", 2);
  private final Map<Host, Integer> commands = new HashMap<>();
  private boolean mayLosePackets;
  private CryptoOffer offerOfA = CryptoOffer.CLASSIC;
  private CryptoOffer offerOfB = CryptoOffer.CLASSIC;

  void offers(CryptoOffer ofA, CryptoOffer ofB) {
    offerOfA = ofA;
    offerOfB = ofB;
  }

  /** A child goes without a successor: what is in flight then is lost. */
  void packetsMayBeLost() {
    mayLosePackets = true;
  }

  void everySeed(Runnable scenario) {
    for (int seed = 0; seed < SEEDS; seed++) {
      begin(seed);
      try {
        scenario.run();
        settle();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + "\n" + world.lastEvents(), e);
      }
    }
  }

  private void begin(int seed) {
    world = new World(seed, new CheapCrypto());
    commands.clear();
    a = world.host(seed % 4 < 2 ? "a" : "c", "10.0.0.1", 100 + seed);
    b = world.host("b", "10.0.0.2", 200 + seed);
    a.offer = offerOfA;
    b.offer = offerOfB;
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    Host initiator = seed % 2 == 0 ? a : b;
    initiator.send(other(initiator), 0);
    world.run(Duration.ofSeconds(1));
    other(initiator).send(initiator, 0);
    // Old enough for expires(), too young for a rekey.
    world.run(Duration.ofMinutes(40));
    assertThat(a.establishedWith(b)).hasSize(1);
    for (int i = 1; i < PACKETS; i++) {
      int number = i;
      world.after(GAP.multipliedBy(i), () -> a.send(b, number));
      world.after(GAP.multipliedBy(i), () -> b.send(a, number));
    }
    world.record();
  }

  Host other(Host host) {
    return host == a ? b : a;
  }

  private void settle() {
    world.run(UNTIL_PACKETS_AGAIN);
    for (int i = 0; i < 6; i++) {
      a.send(b, PACKETS + i);
      b.send(a, PACKETS + i);
      world.run(Duration.ofSeconds(5));
    }
    assertThat(world.held()).isZero();
    assertThat(world.idleTraps()).as("calls of hold and loseOne that met no message").isEmpty();
    assertPatience();
    for (Host host : List.of(a, b)) {
      assertThat(host.childrenWith(other(host))).isEqualTo(1);
      assertThat(host.establishedWith(other(host))).hasSize(1);
      assertThat(host.outboundSpiTo(other(host)).filter(other(host)::receivesOn)).isPresent();
      assertThat(host.received).contains(PACKETS + 5);
      if (!mayLosePackets) {
        assertThat(host.received)
            .containsAll(IntStream.range(1, PACKETS).boxed().toList())
            .doesNotHaveDuplicates();
      }
    }
    assertThat(ikeSa(a)).isEqualTo(ikeSa(b));
  }

  /** The SPI of the initiator of the one IKE SA. */
  long ikeSa(Host host) {
    return host.establishedWith(other(host)).getFirst().initiatorSpi();
  }

  /** Who is told by the test to begin again and again need not be patient. */
  private void commands(Host host) {
    commands.merge(host, 1, Integer::sum);
  }

  void rekeys(Host host) {
    commands(host);
    host.run(host.endpoint().rekeyChild(other(host).identity, host.now()));
  }

  void rekeysIke(Host host) {
    commands(host);
    host.run(host.endpoint().rekeyIkeSa(other(host).identity, host.now()));
  }

  void replacesIke(Host host) {
    host.run(host.endpoint().replaceIkeSa(other(host).identity, host.now()));
  }

  /** Ends the IKE SA. */
  void deletesIke(Host host) {
    host.run(host.endpoint().shutdown(host.now()));
  }

  /** The soft lifetime of the first child passes, not that of one made meanwhile. */
  void softExpires(Host host) {
    host.clockJumps(Duration.ofMinutes(24));
  }

  /** The hard lifetime of the first child passes, not that of one made meanwhile. */
  void expires(Host host) {
    host.clockJumps(Duration.ofMinutes(30));
  }

  void runMillis(int millis) {
    world.run(Duration.ofMillis(millis));
  }

  static Predicate<World.Sent> request(Host from) {
    return s -> s.is(from, ExchangeType.CREATE_CHILD_SA, false);
  }

  static Predicate<World.Sent> answer(Host from) {
    return s -> s.is(from, ExchangeType.CREATE_CHILD_SA, true);
  }

  static Predicate<World.Sent> delete(Host from) {
    return s -> s.is(from, ExchangeType.INFORMATIONAL, false);
  }

  static Predicate<World.Sent> deleteAnswer(Host from) {
    return s -> s.is(from, ExchangeType.INFORMATIONAL, true);
  }

  static Predicate<World.Sent> followup(Host from) {
    return s -> s.is(from, ExchangeType.IKE_FOLLOWUP_KE, false);
  }

  /** Deletes that {@code host} has begun, however often they were sent. */
  long firstDeletes(Host host) {
    return first(delete(host)).filter(s -> !open(s).all(DeletePayload.class).isEmpty()).count();
  }

  /** The IKE SAs that {@code host} has asked to delete, by the SPI of their initiator. */
  List<Long> ikeSasDeletedBy(Host host) {
    return first(delete(host))
        .map(this::open)
        .filter(m -> m.all(DeletePayload.class).contains(DeletePayload.ike()))
        .map(m -> m.header().spiInitiator())
        .toList();
  }

  /** What {@code host} answered to those Deletes of the peer that it answered. */
  List<List<Payload>> answersToDeletes(Host host) {
    List<IkeMessage> answers = first(deleteAnswer(host)).map(this::open).toList();
    return first(delete(other(host)))
        .map(this::open)
        .filter(m -> !m.all(DeletePayload.class).isEmpty())
        .flatMap(m -> answers.stream().filter(answer -> isAnswer(answer.header(), m.header())))
        .map(IkeMessage::payloads)
        .toList();
  }

  private static boolean isAnswer(IkeHeader answer, IkeHeader request) {
    return answer.spiInitiator() == request.spiInitiator()
        && answer.messageId() == request.messageId();
  }

  /** What {@code host} lists in its answer to the first Delete of the peer. */
  List<DeletePayload> deletesAnswered(Host host) {
    return first(deleteAnswer(host)).findFirst().stream()
        .flatMap(s -> open(s).all(DeletePayload.class).stream())
        .toList();
  }

  /** The Delete of the child that carries the traffic of {@code host}, as it would send it. */
  DeletePayload deleteOfChild(Host host) {
    return DeletePayload.child(SecurityProtocol.ESP, host.outboundTo(other(host)).orElseThrow());
  }

  long count(Predicate<World.Sent> what) {
    return world.sent.stream().filter(what).count();
  }

  IkeMessage open(World.Sent sent) {
    long spi = ByteBuffer.wrap(sent.ike()).getLong(0);
    Keys.IkeSaKeys keys =
        // The last: IKE_INTERMEDIATE changes the keys of an SA.
        a.keys.ike.stream().filter(k -> k.spiInitiator() == spi).toList().getLast();
    return Forge.open(world.provider(), keys.copy(), sent.ike());
  }

  /**
   * The error notifies in answers of {@code host} to CREATE_CHILD_SA and what follows, each once.
   */
  List<Integer> errorsOf(Host host) {
    return first(answer(host).or(s -> s.is(host, ExchangeType.IKE_FOLLOWUP_KE, true)))
        .flatMap(s -> open(s).error().stream())
        .map(n -> n.notifyType())
        .toList();
  }

  /** The method of the key exchange in each CREATE_CHILD_SA request of {@code host}. */
  List<Integer> methodsOf(Host host) {
    return first(request(host))
        .flatMap(s -> open(s).first(KePayload.class).stream())
        .map(KePayload::method)
        .toList();
  }

  /** Messages when they were first sent. */
  private Stream<World.Sent> first(Predicate<World.Sent> what) {
    Map<Bytes, World.Sent> all = new LinkedHashMap<>();
    world.sent.stream().filter(what).forEach(s -> all.putIfAbsent(Bytes.copyOf(s.ike()), s));
    return all.values().stream();
  }

  /** §2.25: whoever is refused for a while does not ask for the same at once. */
  private void assertPatience() {
    for (Host host : List.of(a, b)) {
      if (commands.getOrDefault(host, 0) < 2) {
        first(answer(other(host)))
            .filter(s -> open(s).has(NotifyType.TEMPORARY_FAILURE))
            .forEach(refusal -> assertPatience(host, refusal));
      }
    }
  }

  private void assertPatience(Host host, World.Sent refusal) {
    IkeHeader refused = open(refusal).header();
    List<World.Sent> requests = first(request(host)).toList();
    String wish =
        requests.stream()
            .map(this::open)
            .filter(m -> isAnswer(refused, m.header()))
            .map(TwoEnds::wish)
            .findFirst()
            .orElseThrow();
    Instant until = refusal.at().plus(IkeTimers.TEMPORARY_FAILURE_BACKOFF);
    assertThat(requests)
        .as("requests of %s after TEMPORARY_FAILURE at %s", host.identity, refusal.at())
        .filteredOn(s -> s.at().isAfter(refusal.at()) && s.at().isBefore(until))
        .noneMatch(s -> wish(open(s)).equals(wish));
  }

  /** What a CREATE_CHILD_SA request asks for. */
  private static String wish(IkeMessage request) {
    SaPayload sa = request.first(SaPayload.class).orElseThrow();
    boolean ofIke = sa.proposals().getFirst().protocol() == Proposal.IKE;
    return ofIke
        ? "rekey of IKE SA " + request.header().spiInitiator()
        : request
            .notify(NotifyType.REKEY_SA)
            .map(n -> "rekey of child " + n.spi())
            .orElse("another child");
  }

  /**
   * {@code scenario} makes a rekey of each end cross, with every seed: what stands afterwards at
   * both ends is the SA whose exchange does not hold the lowest of the four nonces (§2.8.1,
   * §2.8.2), and that is now one's and now the other's.
   *
   * @param scenario gets whether a's stands
   */
  void everySeedCrosses(Function<Host, Bytes> spi, Consumer<BooleanSupplier> scenario) {
    Set<Boolean> outcomes = new HashSet<>();
    everySeed(() -> {
      Keys.IkeSaKeys keys = a.keys.last();
      scenario.accept(() -> rekeyOf(a, keys).survives(rekeyOf(b, keys)));
      runMillis(20_000);
      boolean ofA = rekeyOf(a, keys).survives(rekeyOf(b, keys));
      WireRekey stands = rekeyOf(ofA ? a : b, keys);
      assertThat(spi.apply(stands.initiator())).isEqualTo(stands.spiOfInitiator());
      assertThat(spi.apply(stands.responder())).isEqualTo(stands.spiOfResponder());
      outcomes.add(ofA);
    });
    assertThat(outcomes).as("whether a's stands").containsExactlyInAnyOrder(true, false);
  }

  /** The first that {@code host} began on the IKE SA of {@code keys} and that made an SA. */
  WireRekey rekeyOf(Host host, Keys.IkeSaKeys keys) {
    return WireRekey.firstAnswered(host, other(host), world, keys).orElseThrow();
  }

  /** What {@code host} chose for the child that carries its traffic. */
  Bytes childSpi(Host host) {
    return Bytes.ofInt(host.outboundTo(other(host)).orElseThrow());
  }

  /** What {@code host} chose for the one IKE SA. */
  Bytes ikeSpi(Host host) {
    return Bytes.ofLong(host.establishedWith(other(host)).getFirst().localSpi());
  }

  long newChildren(Host host) {
    return host.events(ProtocolEvent.ChildSaInstalled.class).stream()
        .filter(ProtocolEvent.ChildSaInstalled::rekey)
        .count();
  }

  long ikeRekeys(Host host) {
    return host.events(ProtocolEvent.IkeSaRekeyed.class).size();
  }

  /**
   * What a begins takes an additional key exchange and what b begins takes none: an end that
   * answers chooses by its own order, and no method stands twice in one SA (RFC 9370 §2.2.2). So
   * both begin with a key exchange that the other does not want.
   */
  static CryptoOffer withAdditionalP256(CryptoOffer offer) {
    return offer.withAdditional(List.of(AdditionalKeyExchange.optional(KeyExchangeMethod.P256)));
  }
}
