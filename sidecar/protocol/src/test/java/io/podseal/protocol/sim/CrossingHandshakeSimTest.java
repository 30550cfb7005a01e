package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Both ends of a pair begin an IKE SA before they hear of the other's. */
class CrossingHandshakeSimTest {
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

  @Test
  void simultaneousStartsEndWithOneIkeSaBegunByTheLowerIdentity() {
    declarePair();
    a.send(b, 1);
    b.send(a, 2);
    world.run(Duration.ofSeconds(20));
    assertThat(b.received).containsExactly(1);
    assertThat(a.received).containsExactly(2);
    assertOnePair();
    assertThat(a.establishedWith(b).getFirst().isInitiator()).isTrue();
    assertThat(b.establishedWith(a).getFirst().isInitiator()).isFalse();
  }

  /** a answers b's IKE_AUTH, but b never hears it and has only the SA that a began. */
  @Test
  void trafficStaysOnTheSaThatBothEndsHaveWhenTheAnswerOfTheCrossingOneIsLost() {
    declarePair();
    world.hold(s -> s.is(b, ExchangeType.IKE_AUTH, false) || s.is(a, ExchangeType.IKE_AUTH, true));
    a.send(b, 0);
    b.send(a, 0);
    world.run(Duration.ofMillis(100));
    world.deliverHeld(0);
    for (int i = 1; i <= 100; i++) {
      world.run(Duration.ofSeconds(1));
      a.send(b, i);
      b.send(a, i);
    }
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).hasSize(101);
    assertThat(a.received).hasSize(101);
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).as("crossed at a").hasSize(2);
    assertThat(b.events(ProtocolEvent.IkeSaEstablished.class)).as("crossed at b").hasSize(1);
    assertOnePair();
  }

  /** By decision 9 a's stays, but it is childless, and the peer's traffic has all that it needs. */
  @Test
  void ofTwoCrossingIkeSasTheOneThatGetsNoChildGoesInTheEnd() {
    declarePair();
    a.run(a.endpoint().connect(b.identity, a.now()));
    b.send(a, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(2);
    assertThat(b.establishedWith(a)).hasSize(2);
    for (int i = 1; i <= 65; i++) {
      a.send(b, i);
      b.send(a, i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(b.received).hasSize(65);
    assertThat(a.received).hasSize(66);
    assertOnePair();
    assertThat(b.establishedWith(a).getFirst().isInitiator()).isTrue();
  }

  @Test
  void theCrossingIkeSaIsNotTouchedByInitialContact() {
    declarePair();
    a.send(b, 1);
    world.after(Duration.ofNanos(500_000), () -> b.send(a, 2));
    world.run(Duration.ofSeconds(20));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class))
        .noneMatch(e -> e.reason() == CloseReason.INITIAL_CONTACT);
    assertOnePair();
  }

  /** b's first message is lost, and a's handshake is over before b repeats it. */
  @Test
  void anIkeSaMadeWhileOursBeganIsNotTouchedByInitialContact() {
    declarePair();
    world.loseOne(s -> s.is(b, ExchangeType.IKE_SA_INIT, false));
    b.send(a, 0);
    world.run(Duration.ofMillis(100));
    for (int i = 1; i <= 200; i++) {
      a.send(b, i);
      b.send(a, i);
      world.run(Duration.ofMillis(50));
    }
    assertThat(a.events(ProtocolEvent.IkeSaEstablished.class)).hasSize(1);
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    assertThat(b.received).hasSize(200);
    assertThat(a.received).hasSize(201);
    assertOnePair();
  }
}
