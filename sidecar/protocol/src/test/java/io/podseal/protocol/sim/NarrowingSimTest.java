package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.TrafficSelector;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A gateway that is asked for a network, and allows more single hosts in it than one payload holds,
 * says N(ADDITIONAL_TS_POSSIBLE) (RFC 7296 §2.9).
 */
class NarrowingSimTest {
  /** Selectors of one TS payload. */
  private static final int FULL = 64;

  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private static InetAddress address(int last) {
    try {
      return InetAddress.getByName("192.168.1." + last);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** b allows so many hosts of the network that a asks for; its answer to IKE_AUTH. */
  private IkeMessage answerOfAGatewayTo(int hosts) {
    TrafficSelector ofA = TrafficSelector.host(a.address);
    List<TrafficSelector> allowed =
        // Apart from each other: neighbours would be one range.
        IntStream.range(0, hosts).mapToObj(i -> TrafficSelector.host(address(2 * i))).toList();
    TrafficSelector network = TrafficSelector.network(address(0), 24);
    a.knows(
        b,
        Lifetimes.DEFAULT,
        GCM,
        ChildPolicy.tunnel(List.of(ofA), List.of(network)),
        Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, GCM, ChildPolicy.tunnel(allowed, List.of(ofA)), Host.key(1, "k"));
    world.record();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    return world.sent.stream()
        .filter(s -> s.is(b, ExchangeType.IKE_AUTH, true))
        .map(s -> Forge.open(a.keys.last().copy(), s.ike()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void moreThanAPayloadHoldsIsPossibleInAnotherChild() {
    IkeMessage answer = answerOfAGatewayTo(FULL + 1);

    assertThat(answer.ts(false).orElseThrow().selectors()).hasSize(FULL);
    assertThat(answer.has(NotifyType.ADDITIONAL_TS_POSSIBLE)).isTrue();
    // For a it is an answer like others: it uses what it got, and asks for nothing more.
    assertThat(b.received).containsExactly(1);
    assertThat(world.sent).noneMatch(s -> s.is(a, ExchangeType.CREATE_CHILD_SA, false));
    TrafficSelector left = TrafficSelector.host(address(2 * FULL));
    assertThat(answer.ts(false).orElseThrow().selectors()).doesNotContain(left);

    IkeMessage more = answerToAnotherChild(left);

    assertThat(more.ts(false).orElseThrow().selectors()).containsExactly(left);
    assertThat(more.has(NotifyType.ADDITIONAL_TS_POSSIBLE)).isFalse();
  }

  /** a asks for a child with what was left out. */
  private IkeMessage answerToAnotherChild(TrafficSelector ofB) {
    world.state.forged();
    world.wire.forged();
    Keys.IkeSaKeys keys = a.keys.last();
    IkeHeader header =
        new IkeHeader(
            keys.spiInitiator(), keys.spiResponder(), ExchangeType.CREATE_CHILD_SA, true, false, 2);
    List<Payload> request =
        List.of(
            new SaPayload(Proposals.esp(GCM, 0x12345678, Pfs.REQUIRED)),
            new NoncePayload(new Gen(1).octets(32, 32)),
            Stranger.KEY,
            new TsPayload(true, List.of(TrafficSelector.host(a.address))),
            new TsPayload(false, List.of(ofB)));
    return b
        .ike(Forge.seal(keys.copy(), header, request), new Endpoint(a.address, 4500), 4500)
        .stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.open(keys.copy(), ((Action.Send) s).message()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void asMuchAsAPayloadHoldsIsEverything() {
    IkeMessage answer = answerOfAGatewayTo(FULL);

    assertThat(answer.ts(false).orElseThrow().selectors()).hasSize(FULL);
    assertThat(answer.has(NotifyType.ADDITIONAL_TS_POSSIBLE)).isFalse();
  }
}
