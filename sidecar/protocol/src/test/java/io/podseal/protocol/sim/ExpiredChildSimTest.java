package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A hard lifetime ends a child also where nobody answers (RFC 4301 §4.4.2.1). */
class ExpiredChildSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @Test
  void nothingIsSentOnItWhileThePeerIsSilentAndWhatWaitsGoesOnTheNextOne() {
    boolean[] silent = {false};
    world.block(p -> silent[0] && p instanceof World.Ike);
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    int expired = a.outboundSpiTo(b).orElseThrow();

    silent[0] = true;
    Operation.DELETE_CHILD.begin(a, b);
    for (int i = 1; i < 10; i++) {
      a.send(b, i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(b.received).containsExactly(0);
    assertThat(a.outboundSpiTo(b)).isEmpty();

    silent[0] = false;
    world.run(Duration.ofSeconds(30));
    assertThat(b.received).contains(9);
    assertThat(a.outboundSpiTo(b)).isPresent().get().isNotEqualTo(expired);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
  }
}
