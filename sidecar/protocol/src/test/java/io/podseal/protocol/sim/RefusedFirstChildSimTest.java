package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The child of IKE_AUTH is refused, and the IKE SA stands nevertheless (RFC 7296 §2.21.2). */
class RefusedFirstChildSimTest {
  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));
  private static final int SPI = 0x12345678;

  private static boolean isTransportMode(Payload p) {
    return p instanceof NotifyPayload n && n.notifyType() == NotifyType.USE_TRANSPORT_MODE;
  }

  private static IkeMessage answer(Interception i, List<Action> actions) {
    List<byte[]> sent =
        actions.stream()
            .filter(Action.Send.class::isInstance)
            .map(s -> ((Action.Send) s).message())
            .toList();
    assertThat(sent).hasSize(1);
    return Forge.open(i.keys().copy(), sent.getFirst());
  }

  private static List<Payload> child(Interception i) {
    return List.of(
        NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
        new SaPayload(Proposals.esp(GCM, SPI, Pfs.REQUIRED)),
        new NoncePayload(new Gen(3).octets(32, 32)),
        Stranger.KEY,
        new TsPayload(true, List.of(TrafficSelector.host(i.a.address))),
        new TsPayload(false, List.of(TrafficSelector.host(i.b.address))));
  }

  @Test
  void aPeerThatKeepsItsIkeSaMayAskForAnotherChildLater() {
    Interception i = Interception.ofRequest();
    // A Podseal peer would delete it: this is another one.
    i.world.block(p -> true);
    IkeMessage refusal = answer(i, i.deliver(i.without(RefusedFirstChildSimTest::isTransportMode)));
    assertThat(refusal.first(AuthPayload.class)).isPresent();
    assertThat(refusal.error().orElseThrow().notifyType()).isEqualTo(NotifyType.NO_PROPOSAL_CHOSEN);
    assertThat(i.b.childrenWith(i.a)).isZero();

    i.world.run(IkeTimers.HALF_OPEN.multipliedBy(4));
    assertThat(i.b.establishedWith(i.a)).hasSize(1);
    IkeMessage agreed = answer(i, i.deliver(ExchangeType.CREATE_CHILD_SA, 2, child(i)));
    assertThat(agreed.error()).isEmpty();
    assertThat(i.b.childrenWith(i.a)).isEqualTo(1);
    assertThat(i.b.events(ProtocolEvent.ChildSaInstalled.class).getLast().outboundSpi())
        .isEqualTo("12345678");

    assertThat(
            answer(i, i.deliver(ExchangeType.INFORMATIONAL, 3, List.of(DeletePayload.ike())))
                .payloads())
        .isEmpty();
    assertThat(i.b.establishedWith(i.a)).isEmpty();
    i.world.run(IkeTimers.LAST_ANSWER_LINGER.plusSeconds(1));
    assertThat(i.b.endpoint().view()).isEmpty();
    assertThat(i.b.crypto.liveCiphers()).isZero();
  }

  @Test
  void anIkeSaWithoutAChildTakesNobodysPlace() {
    World world = new World(1);
    Host a = world.host("a", "10.0.0.1", 1);
    Host b = world.host("b", "10.0.0.2", 2);
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    long ikeSa = b.establishedWith(a).getFirst().initiatorSpi();

    // a's next child is to be a tunnel; and b does not hear that a gives the SA up again.
    a.knows(
        b,
        Lifetimes.DEFAULT,
        CryptoOffer.CLASSIC,
        ChildPolicy.tunnel(
            List.of(TrafficSelector.host(a.address)), List.of(TrafficSelector.host(b.address))),
        Host.key(1, "k"));
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));
    for (int i = 0; i <= Limits.ESTABLISHED_PER_PEER; i++) {
      world.after(
          Duration.ofMillis(500L * i), () -> a.run(a.endpoint().replaceIkeSa(b.identity, a.now())));
    }
    List<Integer> numbers = IntStream.range(1, 600).boxed().toList();
    for (int number : numbers) {
      world.after(Duration.ofMillis(100L * number), () -> a.send(b, number));
      world.after(Duration.ofMillis(100L * number), () -> b.send(a, number));
    }
    world.run(Duration.ofSeconds(61));

    assertThat(a.events(ProtocolEvent.Refused.class)).hasSize(Limits.ESTABLISHED_PER_PEER + 1);
    assertThat(b.establishedWith(a)).anyMatch(sa -> sa.initiatorSpi() == ikeSa);
    assertThat(b.received.subList(1, b.received.size())).isEqualTo(numbers);
    assertThat(a.received).isEqualTo(numbers);
  }
}
