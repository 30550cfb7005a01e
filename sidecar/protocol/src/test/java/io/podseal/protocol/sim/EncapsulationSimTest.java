package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When ESP travels in UDP, as both ends of a pair see it (RFC 7296 §2.23, RFC 3948). */
class EncapsulationSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private void establish(Encapsulation ofA, Encapsulation ofB) {
    a.options(IkeOptions.DEFAULT.withEncapsulation(ofA));
    b.options(IkeOptions.DEFAULT.withEncapsulation(ofB));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    b.send(a, 2);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1);
    assertThat(a.received).containsExactly(2);
  }

  private void nat(Host host) {
    for (int port : new int[] {500, 4500}) {
      world.network.nat(
          new Endpoint(host.address, port),
          new Endpoint(InetAddress.ofLiteral("192.0.2.1"), 20_000 + port));
    }
  }

  private void assertInUdp(boolean expected) {
    assertThat(a.plane.children()).hasSize(1).allMatch(c -> c.encapsulated == expected);
    assertThat(b.plane.children()).hasSize(1).allMatch(c -> c.encapsulated == expected);
  }

  @ParameterizedTest
  @CsvSource({
    "FORCED, FORCED, true",
    "FORCED, AUTOMATIC, true",
    "AUTOMATIC, FORCED, true",
    "AUTOMATIC, AUTOMATIC, false"
  })
  void withoutANatTwoThatDoNotForceItSendBareEsp(
      Encapsulation ofA, Encapsulation ofB, boolean inUdp) {
    establish(ofA, ofB);
    assertInUdp(inUdp);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNatBeforeEitherEndIsSeenByBoth(boolean beforeA) {
    if (beforeA) {
      nat(a);
      establish(Encapsulation.AUTOMATIC, Encapsulation.AUTOMATIC);
    } else {
      // Only who is behind the NAT can begin.
      nat(b);
      a.options(IkeOptions.DEFAULT.withEncapsulation(Encapsulation.AUTOMATIC));
      b.options(IkeOptions.DEFAULT.withEncapsulation(Encapsulation.AUTOMATIC));
      a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
      b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
      b.send(a, 2);
      world.run(Duration.ofSeconds(1));
      assertThat(a.received).containsExactly(2);
    }
    assertInUdp(true);
  }

  @ParameterizedTest
  @EnumSource
  void rekeysOfBothKindsKeepIt(Encapsulation encapsulation) {
    establish(encapsulation, encapsulation);
    a.run(a.endpoint().rekeyIkeSa(b.identity, a.now()));
    world.run(Duration.ofSeconds(1));
    a.run(a.endpoint().rekeyChild(b.identity, a.now()));
    world.run(Duration.ofSeconds(10));
    assertInUdp(encapsulation == Encapsulation.FORCED);
  }
}
