package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Two pods with an SA and traffic both ways, on which a scenario holds, loses and orders messages.
 * Each runs with several seeds, so that the lowest nonce falls on either end and either end is the
 * original initiator. Afterwards there is one IKE SA and one child in which both agree.
 */
abstract class TwoEnds {
  private static final int SEEDS = 8;
  private static final int PACKETS = 200;
  private static final Duration GAP = Duration.ofMillis(5);

  /** Longer than any pause after TEMPORARY_FAILURE. */
  private static final Duration UNTIL_PACKETS_AGAIN = Duration.ofSeconds(12);

  World world = new World(0, new CheapCrypto());
  Host a = world.host("a", "10.0.0.1", 1);
  Host b = world.host("b", "10.0.0.2", 2);
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

  void rekeys(Host host) {
    host.run(host.endpoint().rekeyChild(other(host).identity, host.now()));
  }

  void rekeysIke(Host host) {
    host.run(host.endpoint().rekeyIkeSa(other(host).identity, host.now()));
  }

  void replacesIke(Host host) {
    host.run(host.endpoint().replaceIkeSa(other(host).identity, host.now()));
  }

  /** Ends the IKE SA. */
  void deletesIke(Host host) {
    host.run(host.endpoint().shutdown(host.now()));
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

  /** The error notifies in answers of {@code host} to CREATE_CHILD_SA. */
  List<Integer> errorsOf(Host host) {
    return world.sent.stream()
        .filter(answer(host))
        .flatMap(s -> open(s).error().stream())
        .map(n -> n.notifyType())
        .toList();
  }

  long newChildren(Host host) {
    return host.events(ProtocolEvent.ChildSaInstalled.class).stream()
        .filter(ProtocolEvent.ChildSaInstalled::rekey)
        .count();
  }

  long ikeRekeys(Host host) {
    return host.events(ProtocolEvent.IkeSaRekeyed.class).size();
  }
}
