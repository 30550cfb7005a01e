package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ESP on an SPI that the receiver does not have, while an IKE SA stands (RFC 7296 §1.5). */
class InvalidSpiSimTest {
  private static final int UNKNOWN = 0x12345678;

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final Endpoint atA = new Endpoint(a.address, 4500);
  private final Endpoint atB = new Endpoint(b.address, 4500);

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    world.record();
  }

  private static World.Esp esp(int spi) {
    return new World.Esp(spi, Bytes.ofHex("00"), 7);
  }

  private List<IkeMessage> requestsOf(Host host, ExchangeType exchange) {
    return world.sent.stream()
        .filter(s -> s.is(host, exchange, false))
        .map(s -> Forge.open(host.keys.last().copy(), s.ike()))
        .toList();
  }

  @Test
  void thePeerIsToldWhichAndNotForEachPacket() {
    for (int i = 0; i < 100; i++) {
      b.esp(esp(UNKNOWN + i), atA);
    }
    world.run(Duration.ofSeconds(1));

    List<IkeMessage> said = requestsOf(b, ExchangeType.INFORMATIONAL);
    assertThat(said).hasSize(1);
    assertThat(said.getFirst().notify(NotifyType.INVALID_SPI))
        .contains(NotifyPayload.of(NotifyType.INVALID_SPI, Bytes.ofInt(UNKNOWN)));
    assertThat(a.childrenWith(b)).as("a does not have it either").isEqualTo(1);

    world.run(IkeTimers.RECOVERY_INTERVAL);
    b.esp(esp(UNKNOWN), atA);
    world.run(Duration.ofSeconds(1));
    assertThat(requestsOf(b, ExchangeType.INFORMATIONAL)).hasSize(2);
  }

  @Test
  void nothingIsSaidOfAChildThatHasJustEndedNorToAStranger() {
    int old = a.outboundSpiTo(b).orElseThrow();
    a.run(a.endpoint().rekeyChild(b.identity, a.now()));
    world.run(IkeTimers.REKEYED_CHILD_LINGER.plusSeconds(1));
    long before = requestsOf(b, ExchangeType.INFORMATIONAL).size();

    b.esp(esp(old), atA);
    b.esp(esp(UNKNOWN), Stranger.at(9));
    world.run(Duration.ofSeconds(1));

    assertThat(requestsOf(b, ExchangeType.INFORMATIONAL)).hasSize((int) before);
  }

  @Test
  void whoHearsThatThePeerLacksItsChildMakesANewOneAndTrafficGoesOn() {
    int lacked = a.outboundSpiTo(b).orElseThrow();

    says(0, lacked);
    world.run(Duration.ofSeconds(1));

    assertThat(a.outboundSpiTo(b)).isPresent().isNotEqualTo(Optional.of(lacked));
    assertThat(a.childrenWith(b)).isEqualTo(1);
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    b.send(a, 2);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).contains(1);
    assertThat(a.received).contains(2);
  }

  @Test
  void aPeerThatAlwaysSaysSoGetsANewOneSeldom() {
    for (int i = 0; i < 50; i++) {
      says(i, a.outboundSpiTo(b).orElseThrow());
      world.run(Duration.ofMillis(100));
    }

    assertThat(requestsOf(a, ExchangeType.CREATE_CHILD_SA)).hasSize(1);
  }

  @Test
  void nobodyElseCanSaySo() {
    int spi = a.outboundSpiTo(b).orElseThrow();
    byte[] forged = sealed(0, spi);
    forged[forged.length - 1] ^= 1;

    a.ike(forged, atB, 4500);
    world.run(Duration.ofSeconds(1));

    assertThat(a.outboundSpiTo(b)).contains(spi);
  }

  /** What b says in its request number {@code messageId}. */
  private void says(int messageId, int spi) {
    world.state.forged();
    world.wire.forged();
    a.ike(sealed(messageId, spi), atB, 4500);
  }

  private byte[] sealed(int messageId, int spi) {
    Keys.IkeSaKeys sa = a.keys.last();
    IkeHeader header =
        new IkeHeader(
            sa.spiInitiator(),
            sa.spiResponder(),
            ExchangeType.INFORMATIONAL,
            false,
            false,
            messageId);
    return Forge.seal(
        sa.copy(), header, List.of(NotifyPayload.of(NotifyType.INVALID_SPI, Bytes.ofInt(spi))));
  }
}
