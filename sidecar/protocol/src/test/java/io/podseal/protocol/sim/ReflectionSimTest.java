package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests that are repeated in somebody else's name: answers go to who cannot have asked. */
class ReflectionSimTest {
  private static final int REPEATS = 1_000;

  private final World world = new World(1);
  private final Host a = world.host("a.pods.test", "10.0.0.1", 1);
  private final Host b = world.host("b.pods.test", "10.0.0.2", 2);

  @BeforeEach
  void declare() {
    for (Host host : List.of(a, b)) {
      host.offer = CryptoOffer.HYBRID;
    }
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
  }

  /** The datagrams of {@code a}'s last request of this kind. */
  private List<byte[]> requests(ExchangeType exchange) {
    List<byte[]> all =
        world.sent.stream()
            .filter(sent -> sent.is(a, exchange, false))
            .map(World.Sent::ike)
            .toList();
    assertThat(all).isNotEmpty();
    return all;
  }

  private int answers(List<byte[]> datagrams, Endpoint from) {
    int answers = 0;
    for (int i = 0; i < REPEATS; i++) {
      for (byte[] datagram : datagrams) {
        boolean answered =
            b.endpoint().datagram(datagram, from, new Endpoint(b.address, 4500), b.now()).stream()
                .anyMatch(Action.Send.class::isInstance);
        answers += answered ? 1 : 0;
      }
    }
    return answers;
  }

  @Test
  void whoHasNotAuthenticatedHasNothingSentToOthersAndSeldomAnythingAgain() {
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.IKE_AUTH, false));
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    List<byte[]> repeated = requests(ExchangeType.IKE_INTERMEDIATE);

    assertThat(answers(repeated, Stranger.at(7))).isZero();
    assertThat(b.endpoint().view()).as("the SA is not done for").isNotEmpty();
    int own = answers(repeated, new Endpoint(a.address, 4500));
    assertThat(own).isBetween(1, Limits.REPEAT_BURST);
  }

  @Test
  void aRepeatedRequestOfAPeerIsAnsweredAtItsOwnPlaceAndSeldomElsewhere() {
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1);
    List<byte[]> repeated = requests(ExchangeType.IKE_AUTH);

    assertThat(answers(repeated, new Endpoint(a.address, 4500))).isEqualTo(REPEATS);
    assertThat(answers(repeated, Stranger.at(7))).isEqualTo(Limits.ANSWER_BURST);
  }
}
