package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who rekeys when a lifetime ends (decision 9 of the design): the lower identity, which is a's; the
 * other half-way from the soft to the hard lifetime, if that has not happened.
 */
class TimedRekeySimTest {
  private static final Duration SOFT = Duration.ofHours(1);
  private static final Duration MARGIN = Duration.ofMinutes(63);
  private static final Duration NEVER = Duration.ofDays(10);

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  /** What is rekeyed. */
  enum Rekeyed {
    CHILD(SOFT, NEVER),
    IKE_SA(NEVER, SOFT);

    private final Duration child;
    private final Duration ikeSa;

    Rekeyed(Duration child, Duration ikeSa) {
      this.child = child;
      this.ikeSa = ikeSa;
    }

    Lifetimes lifetimes() {
      return new Lifetimes(child, ikeSa, Duration.ofSeconds(10));
    }
  }

  private void connect(Rekeyed rekeyed, Host initiator) {
    a.knows(b, rekeyed.lifetimes(), Host.key(1, "k"));
    b.knows(a, rekeyed.lifetimes(), Host.key(1, "k"));
    world.record();
    initiator.send(initiator == a ? b : a, 1);
    world.run(Duration.ofSeconds(1));
    assertOnePair();
  }

  private List<Instant> requests(Host from) {
    return world.sent.stream()
        .filter(s -> s.is(from, ExchangeType.CREATE_CHILD_SA, false))
        .map(World.Sent::at)
        .toList();
  }

  private void assertOnePair() {
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void theLowerIdentityBeginsEveryTimedRekeyWhicheverEndConnected(Rekeyed rekeyed) {
    for (boolean byA : new boolean[] {true, false}) {
      TimedRekeySimTest it = new TimedRekeySimTest();
      it.connect(rekeyed, byA ? it.a : it.b);

      it.world.run(SOFT.multipliedBy(5));

      assertThat(it.requests(it.a)).as("of a, connected by a: %s", byA).hasSize(5);
      assertThat(it.requests(it.b)).as("of b, connected by a: %s", byA).isEmpty();
      it.assertOnePair();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theOtherRekeysHalfWayToTheHardLifetimeIfTheLowerDoesNot(Rekeyed rekeyed) {
    for (boolean byA : new boolean[] {true, false}) {
      TimedRekeySimTest it = new TimedRekeySimTest();
      it.connect(rekeyed, byA ? it.a : it.b);
      Instant made = it.world.now();
      it.world.run(Duration.ofMinutes(50));
      it.a.stops();
      it.world.run(MARGIN.minusMinutes(50).minusSeconds(2));
      assertThat(it.requests(it.a)).isEmpty();
      assertThat(it.requests(it.b)).as("before the margin").isEmpty();

      it.world.run(Duration.ofSeconds(4));

      assertThat(it.requests(it.b).getFirst())
          .isBetween(made.plus(MARGIN).minusSeconds(1), made.plus(MARGIN));
      // a finds the request in its socket, and that it is late itself.
      it.a.goesOn(Duration.ZERO);
      it.world.run(Duration.ofMinutes(1));
      it.assertOnePair();
      assertThat(it.a.receivesOn(it.b.outboundSpiTo(it.a).orElseThrow())).isTrue();
      assertThat(it.b.receivesOn(it.a.outboundSpiTo(it.b).orElseThrow())).isTrue();
    }
  }
}
