package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A peer with MOBIKE gets another NAT mapping and does not know it: only its ESP packets show where
 * it is now, and an answer from there confirms it (RFC 4555 §3.8).
 */
class MovedMappingSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final Endpoint inside = new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL);
  private final Endpoint before = at("203.0.113.1");
  private final Endpoint after = at("203.0.113.2");

  private static Endpoint at(String address) {
    return new Endpoint(InetAddress.ofLiteral(address), 31_000);
  }

  @BeforeEach
  void moveAfterTheHandshake() {
    a.options(IkeOptions.DEFAULT.withMobike(true));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.network.nat(inside, before);
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(b.establishedWith(a)).hasSize(1);
    world.sent.clear();
    world.network.nat(inside, after);
  }

  /** Where b sends its packets to a. */
  private Endpoint children() {
    return Objects.requireNonNull(b.plane.outbound(a.identity)).remote;
  }

  private Endpoint ikeSa() {
    return b.establishedWith(a).getFirst().remote();
  }

  private List<World.Sent> probes() {
    return world.sent.stream().filter(s -> s.is(b, ExchangeType.INFORMATIONAL, false)).toList();
  }

  @Test
  void espFromAnotherSourceMovesOnceTheAddressAnswers() {
    a.send(b, 6);
    world.run(Duration.ofSeconds(1));
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
  }

  @Test
  void theRequestsAfterOneThatOnlyTheNewMappingCarriedAreRepeatedThereToo() {
    world.block(World.Ike.class::isInstance);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    a.send(b, 6);
    world.run(Duration.ofMillis(10));
    world.openAll();
    world.run(Duration.ofSeconds(5));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    world.run(Duration.ofSeconds(5));
    assertThat(b.events(ProtocolEvent.ChildSaInstalled.class)).hasSize(2);
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
  }

  @Test
  void aNewMappingHeardOfDuringAnExchangeIsTriedAfterIt() {
    world.block(World.Ike.class::isInstance);
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    a.send(b, 6);
    world.run(Duration.ofMillis(10));
    world.openAll();
    world.run(Duration.ofSeconds(5));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
  }

  @Test
  void aPeerHeardFromEverywhereIsTriedAtOnePlaceAfterTheOther() {
    world.block(World.Ike.class::isInstance);
    for (int i = 1; i <= 100; i++) {
      world.network.nat(inside, new Endpoint(after.address(), i));
      a.send(b, i);
      world.run(Duration.ofMillis(1));
    }
    world.sent.clear();
    world.openAll();
    world.run(Duration.ofSeconds(5));
    assertThat(probes()).hasSizeLessThan(5);
    assertThat(children()).isEqualTo(new Endpoint(after.address(), 100));
  }

  @Test
  void theMappingThatIsTriedWhileThePeerRekeysTheIkeSaIsTheNextOnesToo() {
    world.hold(s -> s.is(b, ExchangeType.INFORMATIONAL, false));
    a.send(b, 6);
    world.run(Duration.ofMillis(10));
    assertThat(probes()).hasSize(1);
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(10));
    world.release();
    world.run(Duration.ofSeconds(5));
    assertThat(b.events(ProtocolEvent.IkeSaRekeyed.class)).hasSize(1);
    assertThat(ikeSa()).isEqualTo(after);
    assertThat(children()).isEqualTo(after);
  }

  @Test
  void aProbeIsRepeatedToTheAddressInUseWhateverElseIsHeardMeanwhile() {
    world.block(World.Ike.class::isInstance);
    for (int port : List.of(1, 2)) {
      world.network.nat(inside, new Endpoint(after.address(), port));
      a.send(b, port);
      world.run(Duration.ofMillis(10));
    }
    world.network.nat(inside, before);
    world.openAll();
    for (int i = 3; i < 300; i++) {
      a.send(b, i);
      b.send(a, i);
      world.run(Duration.ofSeconds(1));
    }
    assertThat(b.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
    assertThat(ikeSa()).isEqualTo(before);
    assertThat(children()).isEqualTo(before);
  }

  @Test
  void requestsGoToTheOldMappingAloneOnceItHasAnswered() {
    world.block(World.Ike.class::isInstance);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    a.send(b, 6);
    world.run(Duration.ofMillis(10));
    world.openAll();
    world.network.nat(inside, before);
    world.run(Duration.ofSeconds(30));
    world.block(World.Ike.class::isInstance);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.sent.clear();
    world.run(Duration.ofSeconds(30));
    assertThat(world.sent).extracting(World.Sent::to).contains(before).doesNotContain(after);
  }
}
