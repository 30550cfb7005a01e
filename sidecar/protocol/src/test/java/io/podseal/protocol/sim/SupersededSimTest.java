package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A responder that has answered IKE_AUTH holds an SA that the initiator may have thrown away: the
 * initiator alone sees that something on the way changed IKE_SA_INIT.
 */
class SupersededSimTest {
  private final World world = new World(1);
  private final Host x = world.host("x", "10.0.0.1", 1);
  private final Host y = world.host("y", "10.0.0.2", 2);
  private boolean tampered;
  private boolean mute;

  @BeforeEach
  void establish() {
    world.tamper(p -> tampered && p instanceof World.Ike ike ? changed(ike) : p);
    world.block(p -> mute && p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));
    x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
    y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
    x.send(y, 0);
    world.run(Duration.ofSeconds(1));
    world.record();
  }

  private long spiAt(Host host) {
    Host other = host == x ? y : x;
    assertThat(host.establishedWith(other)).hasSize(1);
    return host.establishedWith(other).getFirst().initiatorSpi();
  }

  private void replace() {
    x.run(x.endpoint().replaceIkeSa(y.identity, x.now()));
    world.run(Duration.ofSeconds(1));
  }

  private List<ProtocolEvent.IkeSaClosed> failedAt(Host host) {
    return host.events(ProtocolEvent.IkeSaClosed.class).stream()
        .filter(e -> e.reason() == CloseReason.AUTHENTICATION_FAILED)
        .toList();
  }

  /** RFC 7296 §2.21.2; design, decision 4: what worked before goes on working. */
  @Test
  void whoCannotAuthenticateTheResponderSaysSoAndTheOldSaStays() {
    long old = spiAt(x);
    tampered = true;
    replace();

    assertThat(failedAt(x)).hasSize(1);
    assertThat(failedAt(y)).hasSize(1);
    List<IkeMessage> said =
        world.sent.stream()
            .filter(s -> s.is(x, ExchangeType.INFORMATIONAL, false))
            .map(s -> Forge.open(x.keys.last().copy(), s.ike()))
            .toList();
    assertThat(said).hasSize(1);
    assertThat(said.getFirst().has(NotifyType.AUTHENTICATION_FAILED)).isTrue();
    for (int i = 1; i < 30; i++) {
      x.send(y, i);
      y.send(x, 100 + i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(spiAt(x)).isEqualTo(old);
    assertThat(spiAt(y)).isEqualTo(old);
    assertThat(y.received).hasSize(30);
    assertThat(x.received).hasSize(29);
    assertThat(x.events(ProtocolEvent.IkeSaStarted.class)).hasSize(2);
    assertThat(y.events(ProtocolEvent.IkeSaStarted.class)).isEmpty();
  }

  @Test
  void anInitiatorThatIsNotHeardGivesUpAndForgetsItsKeys() {
    mute = true;
    tampered = true;
    replace();
    assertThat(failedAt(x)).isEmpty();

    world.run(IkeTimers.DELETE_TIMEOUT);
    assertThat(failedAt(x)).hasSize(1);
    assertThat(x.keys.last().live().skEi().isDestroyed()).isTrue();
  }

  @Test
  void whatTheInitiatorThrewAwayGoesAtTheResponderTooOnceAnotherStands() {
    mute = true;
    for (int attempt = 0; attempt < 3; attempt++) {
      tampered = attempt < 2;
      replace();
    }
    world.run(IkeTimers.DELETE_TIMEOUT);
    assertThat(failedAt(x)).as("attempts in vain").hasSize(2);

    mute = false;
    world.run(Duration.ofSeconds(30));
    assertThat(spiAt(y)).isEqualTo(spiAt(x));
  }

  /** The end of an answer is in no payload that anybody checks before AUTH. */
  private static World.Packet changed(World.Ike ike) {
    if (!ike.is(ExchangeType.IKE_SA_INIT, true)) {
      return ike;
    }
    byte[] message = ike.message().clone();
    message[message.length - 1] ^= 1;
    return new World.Ike(message, ike.fromPort());
  }
}
