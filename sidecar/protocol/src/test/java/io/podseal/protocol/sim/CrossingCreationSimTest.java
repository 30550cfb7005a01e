package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both ends of a childless IKE SA ask for a child, and one of them does not see that they cross: it
 * has its child, and has rekeyed it, before the other's request arrives.
 */
class CrossingCreationSimTest {
  /** Nonces decide who would lose if both saw it; whatever they say, one child is left. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void oneChildIsLeftThoughTheFirstWasRekeyedMeanwhile(long seed) {
    World world = new World(seed, new CheapCrypto());
    Host x = world.host("x", "10.0.0.1", 100 + seed);
    Host y = world.host("y", "10.0.0.2", 200 + seed);
    x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
    y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
    x.send(y, 0);
    world.run(Duration.ofSeconds(40));
    Operation.DELETE_CHILD.begin(x, y);
    world.run(Duration.ofSeconds(40));
    assertThat(x.childrenWith(y) + y.childrenWith(x)).isZero();

    world.hold(s -> s.is(y, ExchangeType.CREATE_CHILD_SA, false));
    y.send(x, 1);
    x.send(y, 2);
    world.run(Duration.ofMillis(100));
    int first = x.outboundTo(y).orElseThrow();
    x.run(x.endpoint().rekeyChild(y.identity, x.now()));
    world.run(Duration.ofMillis(100));
    assertThat(x.outboundTo(y)).isPresent().get().isNotEqualTo(first);
    assertThat(world.held()).isPositive();

    world.release();
    for (int i = 0; i < 20; i++) {
      x.send(y, 3);
      y.send(x, 4);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(x.childrenWith(y)).isEqualTo(1);
    assertThat(y.childrenWith(x)).isEqualTo(1);
    assertThat(x.outboundSpiTo(y).filter(y::receivesOn)).isPresent();
    assertThat(y.outboundSpiTo(x).filter(x::receivesOn)).isPresent();
  }
}
