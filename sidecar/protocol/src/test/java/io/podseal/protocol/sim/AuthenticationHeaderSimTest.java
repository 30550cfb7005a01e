package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.AhSuite;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two ends whose data planes have the Authentication Header, and one that has not. */
final class AuthenticationHeaderSimTest {
  private static final CryptoOffer OFFER =
      CryptoOffer.CLASSIC.withIntegrity(
          List.of(IntegrityAlgorithm.HMAC_SHA2_384_192, IntegrityAlgorithm.HMAC_SHA2_256_128));
  private static final ChildPolicy AH = ChildPolicy.BETWEEN_PODS.withProtocol(SecurityProtocol.AH);

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private void bareProtocols() {
    a.options(IkeOptions.DEFAULT.withEncapsulation(Encapsulation.AUTOMATIC));
    b.options(IkeOptions.DEFAULT.withEncapsulation(Encapsulation.AUTOMATIC));
  }

  @Test
  void aNatOrWhoeverPretendsOneLetsNoAhThrough() {
    a.options(IkeOptions.DEFAULT.withEncapsulation(Encapsulation.AUTOMATIC));
    a.knows(b, Lifetimes.DEFAULT, OFFER, AH, key());
    b.knows(a, Lifetimes.DEFAULT, OFFER, AH, key());
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));

    assertThat(a.childTo(b)).isEmpty();
    assertThat(b.childTo(a)).isEmpty();
    assertThat(a.events(ProtocolEvent.Refused.class))
        .anyMatch(e -> e.notifyName().equals("NO_PROPOSAL_CHOSEN"));
  }

  @Test
  void aChildIsNegotiatedRekeyedAndDeletedAsAh() {
    bareProtocols();
    a.knows(b, Lifetimes.DEFAULT, OFFER, AH, key());
    b.knows(a, Lifetimes.DEFAULT, OFFER, AH, key());
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));

    Action.InstallChild first = a.childTo(b).orElseThrow();
    AhSuite suite = (AhSuite) first.keys().suite();
    assertThat(suite.authentication()).isEqualTo(IntegrityAlgorithm.HMAC_SHA2_384_192);
    assertThat(suite.esn()).isTrue();
    assertThat(first.keys().outbound().length()).isEqualTo(48);
    assertThat(b.received).containsExactly(1);

    world.run(Duration.ofMinutes(70));
    b.send(a, 2);
    world.run(Duration.ofMinutes(1));

    Action.InstallChild second = a.childTo(b).orElseThrow();
    assertThat(second.keys().suite()).isInstanceOf(AhSuite.class);
    assertThat(second.keys().inboundSpi()).isNotEqualTo(first.keys().inboundSpi());
    assertThat(a.received).containsExactly(2);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(b.childrenWith(a)).isEqualTo(1);
  }

  @Test
  void anEndThatWantsEspDoesNotTakeAhInstead() {
    bareProtocols();
    a.knows(b, Lifetimes.DEFAULT, OFFER, AH, key());
    b.knows(a, Lifetimes.DEFAULT, OFFER, ChildPolicy.BETWEEN_PODS, key());

    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    b.send(a, 2);
    world.run(Duration.ofSeconds(2));

    assertThat(a.received).isEmpty();
    assertThat(b.received).isEmpty();
    assertThat(a.childTo(b)).isEmpty();
    assertThat(b.childTo(a)).isEmpty();
  }

  private static PresharedKey key() {
    return Host.key(1, "secret");
  }
}
