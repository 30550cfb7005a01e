package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing secret outlives its SA, whichever way that ends. */
class SecretsSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private void establish() {
    a.crypto.watch();
    b.crypto.watch();
    declare("k", "k");
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
  }

  private void declare(String keyOfA, String keyOfB) {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, keyOfA));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, keyOfB));
  }

  private void assertNothingLives(Host... hosts) {
    for (Host host : hosts) {
      assertThat(host.crypto.liveKeyExchanges()).as("key exchanges of %s", host.identity).isZero();
      assertThat(host.crypto.liveCiphers()).as("IKE ciphers of %s", host.identity).isZero();
      assertThat(host.crypto.liveSecrets()).as("secrets of %s", host.identity).isZero();
      for (Keys.IkeSaKeys sa : host.keys.ike) {
        assertThat(keys(sa)).as("IKE keys of %s", host.identity).allMatch(SecretBytes::isDestroyed);
      }
    }
  }

  private static Stream<SecretBytes> keys(Keys.IkeSaKeys sa) {
    return Stream.of(
        sa.live().skD(), sa.live().skEi(), sa.live().skEr(), sa.live().skPi(), sa.live().skPr());
  }

  @Test
  void afterALifeWithRekeysAndAReplacement() {
    establish();
    for (int i = 0; i < 3; i++) {
      a.run(a.endpoint().rekeyChild(b.identity, world.now()));
      world.run(Duration.ofSeconds(1));
      b.run(b.endpoint().rekeyChild(a.identity, world.now()));
      world.run(Duration.ofSeconds(1));
      a.run(a.endpoint().replaceIkeSa(b.identity, world.now()));
      world.run(Duration.ofSeconds(10));
    }
    assertThat(a.keys.ike).hasSize(4);
    a.forgets(b);
    b.forgets(a);
    world.run(Duration.ofSeconds(10));
    assertNothingLives(a, b);
  }

  @Test
  void whileAnSaLivesOnlyItsOwnKeysDo() {
    establish();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    for (Host host : List.of(a, b)) {
      assertThat(host.crypto.liveKeyExchanges()).isZero();
      assertThat(host.crypto.liveSecrets()).isZero();
      assertThat(host.crypto.liveCiphers()).isEqualTo(2);
    }
  }

  @Test
  void theKeysBeforeAnAdditionalKeyExchangeGoWithTheHandshake() {
    a.offer = CryptoOffer.HYBRID;
    b.offer = CryptoOffer.HYBRID;
    establish();
    assertThat(a.keys.ike).hasSize(2);
    for (Host host : List.of(a, b)) {
      assertThat(host.crypto.liveCiphers()).as("IKE ciphers of %s", host.identity).isEqualTo(2);
    }
  }

  @Test
  void afterAFailedAuthentication() {
    a.crypto.watch();
    b.crypto.watch();
    declare("k", "another");
    a.send(b, 1);
    world.run(Duration.ofSeconds(40));
    assertThat(a.keys.ike).isNotEmpty();
    a.forgets(b);
    assertNothingLives(a, b);
  }

  @Test
  void afterAHandshakeThatNobodyAnswers() {
    a.crypto.watch();
    b.crypto.watch();
    declare("k", "k");
    world.block(p -> p instanceof World.Ike ike && ike.fromPort() == 4500);
    a.send(b, 1);
    world.run(Duration.ofSeconds(100));
    assertNothingLives(a, b);
  }

  @Test
  void afterThePeerDiedInTheMiddleOfARekey() {
    establish();
    world.record();
    world.block(p -> true);
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(200));
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).hasSize(1);
    assertNothingLives(a);
    assertGivenBack(offeredSpi());
  }

  @Test
  void afterThePeerDeletedTheIkeSaInTheMiddleOfARekey() {
    establish();
    world.record();
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.CREATE_CHILD_SA, false));
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    b.forgets(a);
    world.run(Duration.ofSeconds(20));
    assertNothingLives(a);
    assertGivenBack(offeredSpi());
  }

  private int offeredSpi() {
    World.Sent rekey =
        world.sent.stream()
            .filter(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false))
            .findFirst()
            .orElseThrow();
    IkeMessage request = Forge.open(a.keys.last().copy(), rekey.ike());
    return request.first(SaPayload.class).orElseThrow().proposals().getFirst().spi().s32(0);
  }

  /** An SPI that is ours is never the sign of a peer's restart; one given back long ago is. */
  private void assertGivenBack(int spi) {
    Endpoint peer = new Endpoint(b.address, 4500);
    world.run(IkeTimers.SPI_QUARANTINE.plusSeconds(2));
    int before = a.events(ProtocolEvent.IkeSaStarted.class).size();
    a.run(a.endpoint().unknownSpi(spi, peer, world.now()));
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(before + 1);
  }

  @Test
  void anSpiIsOursForAWhileAfterItsSaEnded() {
    establish();
    int spi = b.outboundSpiTo(a).orElseThrow();
    a.forgets(b);
    world.run(Duration.ofSeconds(1));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    int before = a.events(ProtocolEvent.IkeSaStarted.class).size();
    a.run(a.endpoint().unknownSpi(spi, new Endpoint(b.address, 4500), world.now()));
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(before);
    assertGivenBack(spi);
  }
}
