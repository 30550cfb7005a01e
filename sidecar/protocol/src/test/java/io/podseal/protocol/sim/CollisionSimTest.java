package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Two ends change the same child at the same time (RFC 7296 §2.8.1, §2.25). Messages are held back
 * or lost at chosen moments while traffic flows both ways. Afterwards there is one child, both ends
 * agree on it, and no packet was lost. Every scenario runs with several seeds, so that the lowest
 * nonce falls on either end.
 */
class CollisionSimTest {
  private static final int SEEDS = 8;
  private static final int PACKETS = 400;
  private static final Duration GAP = Duration.ofMillis(3);

  private World world = new World(0);
  private Host x = world.host("x", "10.0.0.1", 1);
  private Host y = world.host("y", "10.0.0.2", 2);

  /** What happens after both ends have an SA and traffic flows. */
  private void everySeed(Consumer<CollisionSimTest> scenario) {
    for (int seed = 0; seed < SEEDS; seed++) {
      world = new World(seed);
      x = world.host("x", "10.0.0.1", 100 + seed);
      y = world.host("y", "10.0.0.2", 200 + seed);
      x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
      y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
      x.send(y, 0);
      world.run(Duration.ofSeconds(1));
      y.send(x, 0);
      world.run(Duration.ofSeconds(7));
      assertThat(x.establishedWith(y)).hasSize(1);
      for (int i = 1; i < PACKETS; i++) {
        int number = i;
        world.after(GAP.multipliedBy(i), () -> x.send(y, number));
        world.after(GAP.multipliedBy(i), () -> y.send(x, number));
      }
      world.record();
      try {
        scenario.accept(this);
        world.run(Duration.ofSeconds(30));
        assertSettled();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + "\n" + world.lastEvents(), e);
      }
    }
  }

  private void assertSettled() {
    List<Integer> all = IntStream.range(0, PACKETS).boxed().toList();
    assertThat(x.received).containsExactlyInAnyOrderElementsOf(all);
    assertThat(y.received).containsExactlyInAnyOrderElementsOf(all);
    assertThat(x.childrenWith(y)).isEqualTo(1);
    assertThat(y.childrenWith(x)).isEqualTo(1);
    assertThat(y.receivesOn(x.outboundSpiTo(y).orElseThrow())).isTrue();
    assertThat(x.receivesOn(y.outboundSpiTo(x).orElseThrow())).isTrue();
    assertThat(x.establishedWith(y)).hasSize(1);
    assertThat(y.establishedWith(x)).hasSize(1);
    assertThat(world.held()).isZero();
  }

  /** None of this may cost the IKE SA. */
  private void assertSameIkeSa() {
    world.run(Duration.ofSeconds(30));
    assertThat(x.endpoint().established().getFirst().begunAt())
        .isBefore(world.now().minusSeconds(30));
    for (Host host : List.of(x, y)) {
      long lastClosed =
          host.events(ProtocolEvent.IkeSaClosed.class).stream()
              .filter(e -> e.wasEstablished() && !e.reason().keepsReceiving())
              .count();
      assertThat(lastClosed).isZero();
    }
  }

  private void rekeys(Host host) {
    host.run(host.endpoint().rekeyChild((host == x ? y : x).identity, world.now()));
  }

  private void runMillis(int millis) {
    world.run(Duration.ofMillis(millis));
  }

  private static Predicate<World.Sent> rekeyRequest(Host from) {
    return s -> s.is(from, ExchangeType.CREATE_CHILD_SA, false);
  }

  private static Predicate<World.Sent> rekeyAnswer(Host from) {
    return s -> s.is(from, ExchangeType.CREATE_CHILD_SA, true);
  }

  private static Predicate<World.Sent> delete(Host from) {
    return s -> s.is(from, ExchangeType.INFORMATIONAL, false);
  }

  private static Predicate<World.Sent> deleteAnswer(Host from) {
    return s -> s.is(from, ExchangeType.INFORMATIONAL, true);
  }

  /** The notifies in answers to rekey requests that {@code host} sent. */
  private List<Integer> answeredWith(Host host) {
    return world.sent.stream()
        .filter(rekeyAnswer(host))
        .map(s -> Forge.open(host.keys.last().copy(), s.ike()))
        .flatMap(m -> m.error().stream())
        .map(n -> n.notifyType())
        .toList();
  }

  private long newChildren(Host host) {
    return host.events(ProtocolEvent.ChildSaInstalled.class).stream()
        .filter(ProtocolEvent.ChildSaInstalled::rekey)
        .count();
  }

  @Test
  void oneEndRekeys() {
    everySeed(t -> {
      rekeys(x);
      assertSameIkeSa();
      assertThat(newChildren(x)).isEqualTo(1);
    });
  }

  @Test
  void bothRequestsCross() {
    everySeed(t -> {
      rekeys(x);
      rekeys(y);
      runMillis(2);
      assertThat(newChildren(x)).isEqualTo(2);
      assertSameIkeSa();
      assertThat(world.sent.stream().filter(delete(x)).count()).isEqualTo(1);
      assertThat(world.sent.stream().filter(delete(y)).count()).isEqualTo(1);
    });
  }

  @Test
  void theSaOfTheExchangeWithTheLowestNonceGoes() {
    int[] survivorsOfX = {0};
    everySeed(t -> {
      rekeys(x);
      rekeys(y);
      world.run(Duration.ofSeconds(10));
      boolean xHoldsLowest = lowestNonce(x).compareTo(lowestNonce(y)) < 0;
      List<ProtocolEvent.ChildSaInstalled> made =
          x.events(ProtocolEvent.ChildSaInstalled.class).stream()
              .filter(ProtocolEvent.ChildSaInstalled::rekey)
              .toList();
      // At x the peer's exchange made the first new child, its own the second.
      int survivor = x.outboundTo(y).orElseThrow();
      String expected = made.get(xHoldsLowest ? 0 : 1).inboundSpi();
      assertThat(Integer.toHexString(survivor)).isEqualTo(expected.replaceFirst("^0+", ""));
      survivorsOfX[0] += xHoldsLowest ? 0 : 1;
    });
    assertThat(survivorsOfX[0]).isBetween(2, SEEDS - 2);
  }

  private Bytes lowestNonce(Host initiator) {
    Host responder = initiator == x ? y : x;
    var request = world.sent.stream().filter(rekeyRequest(initiator)).findFirst().orElseThrow();
    var answer = world.sent.stream().filter(rekeyAnswer(responder)).findFirst().orElseThrow();
    var ours = Forge.open(x.keys.last().copy(), request.ike()).nonce().orElseThrow();
    var theirs = Forge.open(x.keys.last().copy(), answer.ike()).nonce().orElseThrow();
    return ours.compareTo(theirs) < 0 ? ours : theirs;
  }

  @Test
  void aRequestIsLostAndThePeerHasFinishedBeforeItComesAgain() {
    everySeed(t -> {
      world.loseOne(rekeyRequest(x));
      rekeys(x);
      rekeys(y);
      assertSameIkeSa();
      assertThat(answeredWith(y)).containsExactly(NotifyType.CHILD_SA_NOT_FOUND);
      assertThat(newChildren(x)).isEqualTo(1);
    });
  }

  @Test
  void aRequestIsDelayedUntilThePeerIsDeletingTheOldChild() {
    everySeed(t -> {
      world.hold(rekeyRequest(x));
      rekeys(x);
      rekeys(y);
      world.hold(deleteAnswer(x));
      runMillis(10);
      world.release();
      assertSameIkeSa();
      assertThat(answeredWith(y)).hasSize(1);
    });
  }

  @Test
  void aRekeyOfAChildThatThePeerIsDeletingIsATemporaryFailure() {
    everySeed(t -> {
      world.hold(rekeyRequest(x));
      world.hold(delete(y));
      rekeys(x);
      rekeys(y);
      runMillis(10);
      assertThat(world.held()).isEqualTo(2);
      world.release();
      assertSameIkeSa();
      assertThat(answeredWith(y)).containsExactly(NotifyType.TEMPORARY_FAILURE);
    });
  }

  @Test
  void anAnswerIsLost() {
    everySeed(t -> {
      world.loseOne(rekeyAnswer(y));
      rekeys(x);
      rekeys(y);
      assertSameIkeSa();
    });
  }

  @Test
  void anAnswerIsDelayedUntilThePeerHasCleanedUp() {
    everySeed(t -> {
      world.hold(rekeyAnswer(y));
      rekeys(x);
      rekeys(y);
      runMillis(100);
      world.release();
      assertSameIkeSa();
    });
  }

  @Test
  void bothAnswersAreDelayed() {
    everySeed(t -> {
      world.hold(rekeyAnswer(y));
      world.hold(rekeyAnswer(x));
      rekeys(x);
      rekeys(y);
      runMillis(100);
      world.release();
      assertSameIkeSa();
    });
  }

  @Test
  void theAnswerToOneRekeyIsDelayedUntilTheNextIsDone() {
    everySeed(t -> {
      world.hold(rekeyAnswer(y));
      rekeys(x);
      runMillis(50);
      rekeys(y);
      runMillis(50);
      world.release();
      assertSameIkeSa();
    });
  }

  @Test
  void theDeleteOfTheOldChildIsLost() {
    everySeed(t -> {
      world.loseOne(delete(x));
      rekeys(x);
      runMillis(100);
      rekeys(y);
      assertSameIkeSa();
    });
  }

  @Test
  void theAnswerToADeleteIsLost() {
    everySeed(t -> {
      world.loseOne(deleteAnswer(y));
      rekeys(x);
      runMillis(100);
      rekeys(y);
      assertSameIkeSa();
    });
  }

  @Test
  void bothDeletesCross() {
    everySeed(t -> {
      world.hold(delete(x));
      world.hold(delete(y));
      rekeys(x);
      rekeys(y);
      runMillis(20);
      assertThat(world.held()).isEqualTo(2);
      world.release();
      assertSameIkeSa();
    });
  }

  @Test
  void aRekeyCrossesADeleteOfThePreviousChild() {
    everySeed(t -> {
      world.hold(delete(x));
      rekeys(x);
      runMillis(20);
      rekeys(y);
      runMillis(20);
      world.release();
      assertSameIkeSa();
    });
  }

  @Test
  void rekeysUponRekeys() {
    everySeed(t -> {
      for (int i = 0; i < 20; i++) {
        rekeys(i % 3 == 0 ? y : x);
        rekeys(i % 2 == 0 ? y : x);
        runMillis(i);
      }
      assertSameIkeSa();
    });
  }

  @Test
  void aRekeyCrossesAReplacementOfTheIkeSa() {
    everySeed(t -> {
      rekeys(x);
      y.run(y.endpoint().replaceIkeSa(x.identity, world.now()));
      runMillis(3);
      rekeys(y);
      x.run(x.endpoint().replaceIkeSa(y.identity, world.now()));
    });
  }

  @Test
  void bothEndsReplaceTheIkeSaAtOnce() {
    everySeed(t -> {
      x.run(x.endpoint().replaceIkeSa(y.identity, world.now()));
      y.run(y.endpoint().replaceIkeSa(x.identity, world.now()));
    });
  }

  @Test
  void bothEndsDeleteTheIkeSaAtOnce() {
    x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
    y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
    x.send(y, 1);
    world.run(Duration.ofSeconds(8));
    world.record();
    x.forgets(y);
    y.forgets(x);
    world.run(Duration.ofMillis(10));
    assertThat(x.childrenWith(y) + y.childrenWith(x)).isZero();
    world.run(Duration.ofSeconds(10));
    assertThat(x.endpoint().view()).isEmpty();
    assertThat(y.endpoint().view()).isEmpty();
    for (World.Sent answer : world.sent.stream().filter(deleteAnswer(x)).toList()) {
      IkeMessage message = Forge.open(x.keys.last().copy(), answer.ike());
      assertThat(message.all(DeletePayload.class)).isEmpty();
    }
  }
}
