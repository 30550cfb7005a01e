package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.ike.SaPhase;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HandshakeSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a.shop.pods.test", "10.0.0.1", 1);
  private final Host b = world.host("b.shop.pods.test", "10.0.0.2", 2);

  private void declarePair() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "a pre-shared key of the pair"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "a pre-shared key of the pair"));
  }

  private void assertOnePair() {
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(b.receivesOn(a.outboundSpiTo(b).orElseThrow())).isTrue();
    assertThat(a.receivesOn(b.outboundSpiTo(a).orElseThrow())).isTrue();
  }

  private static List<Integer> numbers(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  private void sendEvery(Host from, Host to, Duration gap, int first, int count) {
    for (int i = 0; i < count; i++) {
      int number = first + i;
      world.after(gap.multipliedBy(i + 1L), () -> from.send(to, number));
    }
  }

  @Test
  void aWaitingPacketStartsAHandshakeAndIsDeliveredSealed() {
    declarePair();
    a.send(b, 1);
    a.send(b, 2);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).containsExactly(1, 2);
    assertOnePair();
    b.send(a, 3);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(3);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class).getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void nobodyStartsWithoutAPacket() {
    declarePair();
    world.run(Duration.ofMinutes(10));
    assertThat(a.events).isEmpty();
    assertThat(b.events).isEmpty();
  }

  @Test
  void everyMessageOfTheHandshakeMayBeLostOnce() {
    for (int lost = 0; lost < 4; lost++) {
      World w = new World(lost);
      Host x = w.host("x", "10.0.0.1", 1);
      Host y = w.host("y", "10.0.0.2", 2);
      x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
      y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
      int[] seen = {0};
      int target = lost;
      w.block(p -> p instanceof World.Ike && seen[0]++ == target);
      x.send(y, 7);
      w.run(Duration.ofSeconds(5));
      assertThat(y.received).as("message %d lost", lost).containsExactly(7);
      assertThat(x.establishedWith(y)).hasSize(1);
      assertThat(y.establishedWith(x)).hasSize(1);
    }
  }

  @Test
  void aWrongKeyIsAnAuthenticationFailureAndNoSaIsInstalled() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "one key"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "another key"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).isEmpty();
    assertThat(a.childrenWith(b) + b.childrenWith(a)).isZero();
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .anyMatch(e -> e.reason() == CloseReason.AUTHENTICATION_FAILED);
    assertThat(b.events(ProtocolEvent.Refused.class).getFirst().notifyName())
        .isEqualTo("AUTHENTICATION_FAILED");
  }

  @Test
  void anUndeclaredIdentityIsRefusedLikeAWrongKey() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(a.events(ProtocolEvent.Refused.class).getFirst().notifyName())
        .isEqualTo("AUTHENTICATION_FAILED");
    assertThat(b.childrenWith(a)).isZero();
  }

  @Test
  void anAuthenticatedPeerGetsOnlyTheAddressThatIsListedForIt() throws Exception {
    Host impostor = world.host("a.shop.pods.test", "10.0.0.9", 3);
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    impostor.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    impostor.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(b.childrenWith(a)).isZero();
    assertThat(impostor.childrenWith(b)).isZero();
    assertThat(impostor.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.TS_UNACCEPTABLE);
  }

  @Test
  void ourOwnIdentityIsRefusedFromOthers() {
    Host twin = world.host("b.shop.pods.test", "10.0.0.9", 3);
    b.knows(twin, Lifetimes.DEFAULT, Host.key(1, "k"));
    twin.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    twin.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(b.endpoint().established()).isEmpty();
  }

  @Test
  void theResponderAcceptsEitherOfTwoEpochsAndAnswersWithTheOneThatVerified() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "old"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(2, "new"), Host.key(1, "old"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).containsExactly(1);
    assertThat(b.establishedWith(a).getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void anInitiatorWhoseNewEpochIsRefusedFallsBackToTheOldOne() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(2, "new"), Host.key(1, "old"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "old"));
    a.send(b, 1);
    world.after(Duration.ofSeconds(2), () -> a.send(b, 2));
    world.run(Duration.ofSeconds(4));
    assertThat(b.received).containsExactly(1, 2);
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void aNewEpochReplacesTheIkeSaWithoutLosingAPacket() {
    declarePair();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    b.knows(
        a,
        Lifetimes.DEFAULT,
        Host.key(2, "epoch two"),
        Host.key(1, "a pre-shared key of the pair"));
    a.knows(
        b,
        Lifetimes.DEFAULT,
        Host.key(2, "epoch two"),
        Host.key(1, "a pre-shared key of the pair"));
    sendEvery(a, b, Duration.ofMillis(3), 1, 4000);
    sendEvery(b, a, Duration.ofMillis(3), 10_000, 4000);
    world.run(Duration.ofSeconds(30));
    assertThat(b.received).isEqualTo(numbers(0, 4001));
    assertThat(a.received).isEqualTo(numbers(10_000, 14_000));
    assertThat(a.establishedWith(b).getFirst().epoch()).isEqualTo(2);
    assertOnePair();
  }

  @Test
  void aChildIsRekeyedAtItsSoftLifetimeWithoutLosingAPacket() {
    Lifetimes brief =
        new Lifetimes(Duration.ofSeconds(30), Duration.ofHours(4), Duration.ofSeconds(10));
    a.knows(b, brief, Host.key(1, "k"));
    b.knows(a, brief, Host.key(1, "k"));
    sendEvery(a, b, Duration.ofMillis(5), 0, 40_000);
    sendEvery(b, a, Duration.ofMillis(5), 100_000, 40_000);
    world.run(Duration.ofSeconds(230));
    assertThat(b.received).isEqualTo(numbers(0, 40_000));
    assertThat(a.received).isEqualTo(numbers(100_000, 140_000));
    assertThat(a.events(ProtocolEvent.ChildSaInstalled.class)).hasSizeGreaterThan(6);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class).size()).isLessThanOrEqualTo(2);
    assertOnePair();
  }

  @Test
  void theIkeSaIsRekeyedInPlaceAtItsSoftLifetimeWithoutLosingAPacket() {
    Lifetimes brief =
        new Lifetimes(Duration.ofHours(1), Duration.ofSeconds(60), Duration.ofSeconds(10));
    a.knows(b, brief, Host.key(1, "k"));
    b.knows(a, brief, Host.key(1, "k"));
    sendEvery(a, b, Duration.ofMillis(5), 0, 40_000);
    sendEvery(b, a, Duration.ofMillis(5), 100_000, 40_000);
    world.run(Duration.ofSeconds(230));
    assertThat(b.received).isEqualTo(numbers(0, 40_000));
    assertThat(a.received).isEqualTo(numbers(100_000, 140_000));
    assertThat(a.events(ProtocolEvent.IkeSaRekeyed.class)).hasSizeGreaterThan(2);
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSizeGreaterThan(2);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSizeLessThanOrEqualTo(2);
    assertOnePair();
  }

  @Test
  void bothEndsRekeyTheSameChildAtOnceAndOneNewChildRemains() {
    for (int seed = 0; seed < 20; seed++) {
      World w = new World(seed);
      Host x = w.host("x", "10.0.0.1", 100 + seed);
      Host y = w.host("y", "10.0.0.2", 200 + seed);
      x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
      y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
      x.send(y, 0);
      w.run(Duration.ofSeconds(1));
      x.run(x.endpoint().rekeyChild(y.identity, w.now()));
      y.run(y.endpoint().rekeyChild(x.identity, w.now()));
      for (int i = 1; i < 100; i++) {
        int n = i;
        w.after(Duration.ofNanos(i * 100_000L), () -> x.send(y, n));
        w.after(Duration.ofNanos(i * 100_000L), () -> y.send(x, n));
      }
      w.run(Duration.ofSeconds(20));
      assertThat(y.received).as("seed %d", seed).isEqualTo(numbers(0, 100));
      assertThat(x.received).as("seed %d", seed).isEqualTo(numbers(1, 100));
      assertThat(x.childrenWith(y)).as("seed %d", seed).isEqualTo(1);
      assertThat(y.childrenWith(x)).as("seed %d", seed).isEqualTo(1);
      assertThat(y.receivesOn(x.outboundSpiTo(y).orElseThrow())).isTrue();
    }
  }

  @Test
  void aRestartedPeerIsFoundByTheSpiItNoLongerKnows() {
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(5));
    b.restart();
    a.send(b, 2);
    world.run(Duration.ofMillis(100));
    a.send(b, 3);
    world.run(Duration.ofSeconds(10));
    assertThat(b.received).contains(1, 3);
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .anyMatch(e -> e.reason() == CloseReason.INITIAL_CONTACT);
    assertOnePair();
  }

  @Test
  void aRestartedPeerThatSendsFirstSaysInitialContact() {
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(5));
    b.restart();
    b.send(a, 2);
    world.run(Duration.ofSeconds(10));
    assertThat(a.received).containsExactly(2);
    assertOnePair();
  }

  @Test
  void anUnknownSpiStartsAtMostOneHandshakeInTwoSeconds() {
    declarePair();
    world.block(World.Ike.class::isInstance);
    for (int i = 0; i < 50; i++) {
      int spi = 0x1000 + i;
      world.after(
          Duration.ofMillis(10L * i),
          () -> b.run(b.endpoint().unknownSpi(spi, new Endpoint(a.address, 4500), world.now())));
    }
    world.run(Duration.ofSeconds(1));
    assertThat(b.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  @Test
  void aPeerThatIsSilentWhileWeSendIsFoundDeadAndItsSasAreRemoved() {
    declarePair();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    world.block(p -> true);
    sendEvery(a, b, Duration.ofSeconds(1), 1, 200);
    world.run(Duration.ofSeconds(200));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.NO_ANSWER);
    world.openAll();
    world.run(Duration.ofSeconds(40));
    assertOnePair();
  }

  @Test
  void aRemovedPeerLosesItsSasAtBothEndsAtOnce() {
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    a.forgets(b);
    assertThat(a.childrenWith(b)).isZero();
    world.run(Duration.ofSeconds(1));
    assertThat(b.childrenWith(a)).isZero();
  }

  @Test
  void shutdownTellsThePeerWhichStopsSendingAtOnce() {
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    a.run(a.endpoint().shutdown(world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(b.outboundTo(a)).isEmpty();
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
        .isEqualTo(CloseReason.DELETED_BY_PEER);
  }

  @Test
  void aPeerBehindANatIsServedAtTheAddressItIsSeenFromAndFollowedWhenItMoves() throws Exception {
    InetAddress outside = InetAddress.getByName("192.0.2.1");
    world.network.nat(new Endpoint(a.address, 500), new Endpoint(outside, 20500));
    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 24500));
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    b.send(a, 2);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1);
    assertThat(a.received).containsExactly(2);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class).getFirst().behindNat()).isTrue();
    assertThat(b.events(ProtocolEvent.IkeSaEstablished.class).getFirst().behindNat()).isFalse();
    world.run(Duration.ofSeconds(60));
    assertThat(world.keepalives).isBetween(2, 4);

    // RFC 3948 §4: none while packets keep the mapping alive.
    int before = world.keepalives;
    for (int second = 0; second < 60; second += 10) {
      a.send(b, 100 + second);
      world.run(Duration.ofSeconds(10));
    }
    assertThat(world.keepalives).isEqualTo(before);
    a.received.clear();
    b.send(a, 2);
    world.run(Duration.ofSeconds(1));

    world.network.nat(new Endpoint(a.address, 4500), new Endpoint(outside, 34500));
    a.send(b, 3);
    world.run(Duration.ofSeconds(1));
    b.send(a, 4);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(2, 4);
    assertOnePair();
  }

  @Test
  void aPodWithoutNatDoesNotFollowAnotherAddress() throws Exception {
    declarePair();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    int spi = a.outboundSpiTo(b).orElseThrow();
    Endpoint elsewhere = new Endpoint(InetAddress.getByName("10.0.0.66"), 4500);
    b.run(b.endpoint().remoteMoved(spi, elsewhere, world.now()));
    world.run(Duration.ofSeconds(1));
    b.send(a, 2);
    world.run(Duration.ofSeconds(1));
    assertThat(a.received).containsExactly(2);
  }

  @Test
  void aFloodOfHalfOpenHandshakesMustReturnCookiesAndIsBounded() {
    declarePair();
    for (int i = 0; i < 400; i++) {
      Host flooder = world.host("flooder-" + i, "10.1." + i / 250 + "." + (1 + i % 250), 1000 + i);
      flooder.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
      flooder.send(b, i);
    }
    world.block(p -> p instanceof World.Ike ike && ike.fromPort() == 4500);
    world.run(Duration.ofMillis(1500));
    world.openAll();
    assertThat(b.endpoint().view().stream().filter(v -> v.phase() == SaPhase.CONNECTING).count())
        .isBetween(Limits.HALF_OPEN_BEFORE_COOKIES + 0L, Limits.HALF_OPEN + 0L);
    a.send(b, 1);
    world.run(Duration.ofSeconds(40));
    assertThat(b.received).containsExactly(1);
    assertThat(b.endpoint().view().stream().filter(v -> v.phase() == SaPhase.CONNECTING)).isEmpty();
    assertThat(b.drops).doesNotContainKey(DropReason.RATE_LIMITED);
  }
}
