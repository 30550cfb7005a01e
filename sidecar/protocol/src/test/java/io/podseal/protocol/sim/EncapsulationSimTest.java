package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.MessageIds;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
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

  /** A roaming peer with MOBIKE, for which the test speaks. */
  @Nested
  class Moves {
    private final Endpoint home = new Endpoint(a.address, Ports.IKE_NAT_TRAVERSAL);
    private final Endpoint outside = new Endpoint(InetAddress.ofLiteral("203.0.113.2"), 31_000);
    private int nextOfA = 2;

    @BeforeEach
    void establishWithoutNat() {
      for (Host host : List.of(a, b)) {
        Host other = host == a ? b : a;
        host.options(
            IkeOptions.DEFAULT.withMobike(true).withEncapsulation(Encapsulation.AUTOMATIC));
        host.knows(
            other,
            Lifetimes.DEFAULT,
            CryptoOffer.CLASSIC,
            ChildPolicy.tunnel(List.of(), List.of()),
            Host.key(1, "k"));
      }
      world.state.forged();
      world.wire.forged();
      a.send(b, 1);
      world.run(Duration.ofSeconds(1));
      assertThat(b.received).containsExactly(1);
      assertSendsTo(home, false);
    }

    private void asks(Endpoint seen, boolean toMove) {
      asks(home, seen, toMove);
    }

    /** a's request, which says that it left from {@code source}, arrives from {@code seen}. */
    private void asks(Endpoint source, Endpoint seen, boolean toMove) {
      world.network.nat(home, seen);
      Keys.IkeSaKeys keys = b.keys.ike.getFirst();
      IkeHeader header =
          new IkeHeader(
              keys.spiInitiator(),
              keys.spiResponder(),
              ExchangeType.INFORMATIONAL,
              true,
              false,
              nextOfA++);
      List<NotifyPayload> payloads = new ArrayList<>();
      if (toMove) {
        payloads.add(NotifyPayload.of(NotifyType.UPDATE_SA_ADDRESSES));
      }
      payloads.add(hash(NotifyType.NAT_DETECTION_SOURCE_IP, header, source));
      payloads.add(
          hash(
              NotifyType.NAT_DETECTION_DESTINATION_IP,
              header,
              new Endpoint(b.address, Ports.IKE_NAT_TRAVERSAL)));
      b.ike(Forge.seal(keys.copy(), header, payloads), seen, Ports.IKE_NAT_TRAVERSAL);
      world.run(Duration.ofSeconds(1));
    }

    private NotifyPayload hash(int type, IkeHeader header, Endpoint endpoint) {
      return NotifyPayload.of(
          type,
          Bytes.copyOf(
              b.crypto.natDetectionHash(
                  new ByteWriter()
                      .u64(header.spiInitiator())
                      .u64(header.spiResponder())
                      .bytes(endpoint.address().getAddress())
                      .u16(endpoint.port())
                      .toArray())));
    }

    private void assertSendsTo(Endpoint remote, boolean inUdp) {
      assertThat(b.plane.children())
          .isNotEmpty()
          .allMatch(c -> c.remote.equals(remote) && c.encapsulated == inUdp);
    }

    @Test
    void encapsulationBeginsWithAMoveBehindANatAndEndsWithTheMoveBack() {
      asks(outside, true);
      assertSendsTo(outside, true);
      asks(home, true);
      assertSendsTo(home, false);
    }

    @Test
    void aNatThatGivesThePeerItsOldAddressIsNoticedToo() {
      asks(outside, home, true);
      assertSendsTo(home, true);
      asks(home, true);
      assertSendsTo(home, false);
    }

    @Test
    void untilTheNewAddressHasAnsweredANewChildTravelsAsTheOldOne() {
      world.hold(m -> m.is(b, ExchangeType.INFORMATIONAL, false));
      asks(outside, true);
      MessageIds.skipTo(a.establishedWith(b).getFirst(), nextOfA);
      a.run(a.endpoint().rekeyChild(b.identity, world.now()));
      world.run(Duration.ofMillis(10));
      assertThat(b.childrenWith(a)).isEqualTo(2);
      assertSendsTo(home, false);
      world.release();
      world.run(Duration.ofMillis(10));
      assertSendsTo(outside, true);
    }

    @Test
    void aTestOfAnotherPathChangesNothing() {
      asks(outside, false);
      b.run(b.endpoint().rekeyChild(a.identity, b.now()));
      world.network.nat(home, home);
      world.run(Duration.ofSeconds(10));
      assertSendsTo(home, false);
    }
  }
}
