package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An IKE SA that one end deletes, with nothing to take its place. */
class DeletedIkeSaSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    world.record();
  }

  private List<World.Sent> sent(Host from, boolean response) {
    return world.sent.stream()
        .filter(s -> s.is(from, ExchangeType.INFORMATIONAL, response))
        .toList();
  }

  @Test
  void aDeleteWhoseAnswerIsLostIsAnsweredAgainWithTheSameOctets() {
    world.loseOne(s -> s.is(a, ExchangeType.INFORMATIONAL, true));
    b.run(b.endpoint().shutdown(world.now()));
    world.run(Duration.ofSeconds(30));

    assertThat(sent(b, false)).hasSize(2);
    assertThat(sent(a, true)).hasSize(2);
    assertThat(sent(a, true).getLast().ike()).isEqualTo(sent(a, true).getFirst().ike());
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class))
        .extracting(ProtocolEvent.IkeSaClosed::reason)
        .containsExactly(CloseReason.SHUTDOWN);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).as("by a, which began it").hasSize(1);
    for (Host end : List.of(a, b)) {
      assertThat(end.endpoint().view()).isEmpty();
      assertThat(end.keys.ike).allMatch(keys -> keys.live().skD().isDestroyed());
    }
  }

  @Test
  void aDeleteThatIsRepeatedWhenItsAnswerIsNoLongerKeptLeavesNothing() {
    b.run(b.endpoint().shutdown(world.now()));
    world.run(Duration.ofMillis(10));
    byte[] delete = sent(b, false).getFirst().ike();
    Endpoint local = new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL);
    Endpoint remote = new Endpoint(b.address, Ports.IKE_NAT_TRAVERSAL);
    // Our thread was held up: the datagram is handled before the timer that was due.
    a.run(a.endpoint().datagram(delete, remote, local, world.now().plusSeconds(60)));
    world.run(Duration.ofSeconds(30));
    assertThat(a.endpoint().view()).isEmpty();
  }

  @Test
  void itsChildrenReceiveNoLongerAndTheNextPacketBeginsAnew() {
    b.run(b.endpoint().shutdown(world.now()));
    world.run(Duration.ofMillis(10));
    assertThat(a.endpoint().view()).as("what lingers").hasSize(1);
    assertThat(a.childrenWith(b)).isZero();
    assertThat(a.events(ProtocolEvent.ChildSaRemoved.class)).hasSize(1);

    a.send(b, 2);
    world.run(Duration.ofMillis(100));
    assertThat(b.received).contains(2);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(2);
  }
}
