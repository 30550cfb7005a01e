package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
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

  @Test
  void whatTheInitiatorThrewAwayGoesAtTheResponderTooOnceAnotherStands() {
    world.tamper(p -> tampered && p instanceof World.Ike ike ? changed(ike) : p);
    x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
    y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
    x.send(y, 0);
    world.run(Duration.ofSeconds(1));

    for (int attempt = 0; attempt < 3; attempt++) {
      tampered = attempt < 2;
      x.run(x.endpoint().replaceIkeSa(y.identity, x.now()));
      world.run(Duration.ofSeconds(1));
    }

    assertThat(
            x.events(ProtocolEvent.IkeSaClosed.class).stream()
                .filter(e -> e.reason() == CloseReason.AUTHENTICATION_FAILED))
        .as("attempts in vain")
        .hasSize(2);
    world.run(Duration.ofSeconds(30));
    assertThat(x.establishedWith(y)).hasSize(1);
    assertThat(y.establishedWith(x)).hasSize(1);
    assertThat(y.establishedWith(x).getFirst().initiatorSpi())
        .isEqualTo(x.establishedWith(y).getFirst().initiatorSpi());
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
