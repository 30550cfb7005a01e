package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ML-KEM keys are longer than what a path may carry: IKE_INTERMEDIATE in fragments. */
class HybridFragmentSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void declare() {
    world.record();
    a.offer = CryptoOffer.HYBRID;
    b.offer = CryptoOffer.HYBRID;
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
  }

  private void assertOneHandshake() {
    assertThat(b.received).containsExactly(1);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class).getLast().suite())
        .contains("ML_KEM_768");
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  private long fragments(Host from, boolean response) {
    return world.sent.stream()
        .filter(s -> s.is(from, ExchangeType.IKE_INTERMEDIATE, response))
        .filter(s -> Forge.value(MessageDecoder.decode(s.ike())).fragment().isPresent())
        .count();
  }

  @Test
  void aHybridHandshakeAndRekeyPassAPathOf1280AtOnce() {
    world.block(p -> p instanceof World.Ike m && m.length() > 1280);
    a.send(b, 1);
    world.run(Duration.ofMillis(200));
    assertOneHandshake();
    assertThat(fragments(a, false)).isEqualTo(2);
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofSeconds(20));
    a.send(b, 2);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1, 2);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  @Test
  void aPathOf600IsFoundByCuttingSmaller() {
    world.block(p -> p instanceof World.Ike m && m.length() > 600);
    a.send(b, 1);
    world.run(Duration.ofSeconds(8));
    assertOneHandshake();
    assertThat(fragments(b, true)).isGreaterThan(1);
  }

  /** The keys change after the exchange: a request cut anew is still known as the last one. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 6})
  void anAnswerThatIsLostAgainAndAgainIsRepeatedUnderTheKeysOfItsExchange(int lost) {
    int[] seen = {0};
    world.block(p ->
        p instanceof World.Ike m && m.is(ExchangeType.IKE_INTERMEDIATE, true) && seen[0]++ < lost);
    a.send(b, 1);
    world.run(Duration.ofSeconds(30));
    assertOneHandshake();
  }

  @Test
  void lossAndReorderingOnlyDelay() {
    for (long seed = 0; seed < 25; seed++) {
      World w = new World(seed);
      w.network.loss = 0.15;
      w.network.duplication = 0.3;
      w.network.reorder = Duration.ofMillis(30);
      Host x = w.host("x", "10.0.0.1", seed * 2);
      Host y = w.host("y", "10.0.0.2", seed * 2 + 1);
      x.offer = CryptoOffer.HYBRID;
      y.offer = CryptoOffer.HYBRID;
      x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
      y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
      x.send(y, 1);
      y.send(x, 2);
      w.run(Duration.ofSeconds(60));
      w.network.heal();
      for (int second = 0; second < 60; second++) {
        x.send(y, 3);
        y.send(x, 4);
        w.run(Duration.ofSeconds(1));
      }
      assertThat(y.received).as("seed %d", seed).contains(3);
      assertThat(x.received).as("seed %d", seed).contains(4);
      assertThat(x.establishedWith(y)).as("seed %d", seed).hasSize(1);
      assertThat(x.crypto.liveCiphers()).as("seed %d", seed).isLessThanOrEqualTo(6);
    }
  }
}
