package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exchanges between honest peers over paths that do not carry what is long (RFC 7383). */
class FragmentationSimTest {
  private static final Lifetimes LIFETIMES = Lifetimes.DEFAULT;

  private final World world = new World(1);
  private final Host a = world.host("a".repeat(250), "10.0.0.1", 1);
  private final Host b = world.host("b".repeat(250), "10.0.0.2", 2);

  private void declare() {
    a.knows(b, LIFETIMES, Host.key(1, "k"));
    b.knows(a, LIFETIMES, Host.key(1, "k"));
    world.record();
  }

  private static Datagram decoded(World.Sent sent) {
    return Forge.value(MessageDecoder.decode(sent.ike()));
  }

  private static int length(World.Sent sent) {
    return ((World.Ike) sent.packet()).length();
  }

  private List<World.Sent> fragments(Host from, ExchangeType exchange, boolean response) {
    return world.sent.stream()
        .filter(s -> s.is(from, exchange, response) && decoded(s).fragment().isPresent())
        .toList();
  }

  private void assertOnePair() {
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(b.receivesOn(a.outboundSpiTo(b).orElseThrow())).isTrue();
    assertThat(a.receivesOn(b.outboundSpiTo(a).orElseThrow())).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 300, 400, 576})
  void aHandshakeAndARekeyPassAPathThatCarriesNoMoreThanTheSizeSetForIt(int size) {
    a.options(IkeOptions.DEFAULT.withFragmentSize(size));
    b.options(IkeOptions.DEFAULT.withFragmentSize(size));
    declare();
    // IKE_SA_INIT cannot be split (§2.2).
    world.block(p -> p instanceof World.Ike m && m.fromPort() == 4500 && m.length() > size);
    a.send(b, 1);
    world.run(Duration.ofMillis(100));
    assertThat(b.received).containsExactly(1);
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofSeconds(20));
    assertOnePair();
    assertThat(fragments(a, ExchangeType.IKE_AUTH, false).size()).isGreaterThan(1);
    assertThat(world.sent.stream().filter(s -> s.to().port() == 4500))
        .allMatch(s -> length(s) <= size);
    assertThat(world.sent.stream().anyMatch(s -> length(s) == size)).isTrue();
    if (size <= 400) {
      assertThat(fragments(b, ExchangeType.IKE_AUTH, true).size()).isGreaterThan(1);
    }
    if (size == 256) {
      assertThat(fragments(a, ExchangeType.CREATE_CHILD_SA, false)).isNotEmpty();
      assertThat(fragments(b, ExchangeType.CREATE_CHILD_SA, true)).isNotEmpty();
    }
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  @Test
  void aPathThatLosesWhatIsLongIsTriedWithSmallerFragments() {
    declare();
    world.block(p -> p instanceof World.Ike m && m.length() > 600);
    a.send(b, 1);
    world.run(Duration.ofSeconds(2));
    assertThat(b.received).isEmpty();
    assertThat(fragments(a, ExchangeType.IKE_AUTH, false)).isEmpty();
    world.run(Duration.ofSeconds(4));
    assertThat(b.received).containsExactly(1);
    assertOnePair();
    List<World.Sent> cut = fragments(a, ExchangeType.IKE_AUTH, false);
    assertThat(cut).hasSize(2).allMatch(s -> length(s) <= 576);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  @Test
  void anAnswerIsSplitAtTheSizeThatItsRequestCameIn() {
    a.options(IkeOptions.DEFAULT.withFragmentSize(256));
    declare();
    a.send(b, 1);
    world.run(Duration.ofMillis(100));
    assertThat(b.received).containsExactly(1);
    assertThat(fragments(b, ExchangeType.IKE_AUTH, true))
        .hasSizeGreaterThan(1)
        .allMatch(s -> length(s) <= 256);
  }

  @Test
  void withoutTheNotifyNothingIsSplit() {
    declare();
    world.block(p -> p instanceof World.Ike m && m.length() > 600);
    // What b answers no longer matches a's AUTH; here only the sizes of a's requests count.
    world.tamper(FragmentationSimTest::withoutLastPayload);
    a.send(b, 1);
    world.run(Duration.ofSeconds(20));
    assertThat(world.sent.stream().filter(s -> s.is(a, ExchangeType.IKE_AUTH, false)).count())
        .isGreaterThan(4);
    assertThat(fragments(a, ExchangeType.IKE_AUTH, false)).isEmpty();
  }

  /** Takes the last payload, which is the notify, off an IKE_SA_INIT response. */
  private static World.Packet withoutLastPayload(World.Packet packet) {
    if (!(packet instanceof World.Ike m) || !m.is(ExchangeType.IKE_SA_INIT, true)) {
      return packet;
    }
    byte[] shorter = Arrays.copyOf(m.message(), m.message().length - 8);
    shorter[27] = (byte) shorter.length;
    // The notify before it ends the chain: two of 28 octets stand at the end.
    shorter[shorter.length - 28] = 0;
    return new World.Ike(shorter, m.fromPort());
  }

  @Test
  void everyFragmentMayBeLostOnce() {
    int losses = 0;
    for (int lost = 0; lost < 12; lost++) {
      World w = new World(lost);
      Host x = w.host("x".repeat(250), "10.0.0.1", 1);
      Host y = w.host("y".repeat(250), "10.0.0.2", 2);
      x.options(IkeOptions.DEFAULT.withFragmentSize(256));
      y.options(IkeOptions.DEFAULT.withFragmentSize(256));
      x.knows(y, LIFETIMES, Host.key(1, "k"));
      y.knows(x, LIFETIMES, Host.key(1, "k"));
      int[] seen = {0};
      int target = lost;
      w.block(p -> p instanceof World.Ike m && m.fromPort() == 4500 && seen[0]++ == target);
      x.send(y, 1);
      w.run(Duration.ofSeconds(3));
      assertThat(y.received).as("datagram %d lost", lost).containsExactly(1);
      assertThat(x.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
      losses += seen[0] > target ? 1 : 0;
    }
    assertThat(losses).isGreaterThanOrEqualTo(7);
  }

  @Test
  void lossRepetitionAndReorderingOfFragmentsOnlyDelay() {
    for (long seed = 0; seed < 60; seed++) {
      World w = new World(seed);
      w.network.loss = 0.2;
      w.network.duplication = 0.3;
      w.network.reorder = Duration.ofMillis(30);
      Host x = w.host("x".repeat(250), "10.0.0.1", seed * 2);
      Host y = w.host("y".repeat(250), "10.0.0.2", seed * 2 + 1);
      x.options(IkeOptions.DEFAULT.withFragmentSize(256));
      y.options(IkeOptions.DEFAULT.withFragmentSize(300));
      x.knows(y, LIFETIMES, Host.key(1, "k"));
      y.knows(x, LIFETIMES, Host.key(1, "k"));
      x.send(y, 1);
      y.send(x, 2);
      w.run(Duration.ofSeconds(120));
      w.network.heal();
      for (int second = 0; second < 60; second++) {
        x.send(y, 3);
        y.send(x, 4);
        w.run(Duration.ofSeconds(1));
      }
      assertThat(y.received).as("seed %d", seed).contains(3);
      assertThat(x.received).as("seed %d", seed).contains(4);
      assertThat(x.establishedWith(y)).as("seed %d", seed).hasSize(1);
      assertThat(x.drops(DropReason.IKE_INTEGRITY) + y.drops(DropReason.IKE_INTEGRITY)).isZero();
    }
  }

  @Test
  void aRepeatedRequestIsAnsweredForItsFirstFragmentAlone() {
    a.options(IkeOptions.DEFAULT.withFragmentSize(256));
    b.options(IkeOptions.DEFAULT.withFragmentSize(256));
    declare();
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    List<World.Sent> request = fragments(a, ExchangeType.IKE_AUTH, false);
    List<World.Sent> answer = fragments(b, ExchangeType.IKE_AUTH, true);
    int before = b.drops(DropReason.IKE_FRAGMENT_DUPLICATE);
    world.sent.clear();
    for (World.Sent fragment : request) {
      b.ike(fragment.ike(), new io.podseal.protocol.policy.Endpoint(a.address, 4500), 4500);
    }
    assertThat(world.sent.stream().map(World.Sent::ike).toList())
        .containsExactlyElementsOf(answer.stream().map(World.Sent::ike).toList());
    assertThat(b.drops(DropReason.IKE_FRAGMENT_DUPLICATE) - before).isEqualTo(request.size() - 1);
  }

  @Test
  void anSaThatEndsKeepsNoFragments() {
    a.options(IkeOptions.DEFAULT.withFragmentSize(256));
    b.options(IkeOptions.DEFAULT.withFragmentSize(256));
    declare();
    int[] seen = {0};
    world.block(
        p -> p instanceof World.Ike m && m.is(ExchangeType.IKE_AUTH, false) && seen[0]++ % 4 == 1);
    a.send(b, 1);
    world.run(Duration.ofMillis(10));
    assertThat(b.endpoint().view()).hasSize(1);
    world.block(p -> true);
    world.run(Duration.ofSeconds(40));
    assertThat(b.endpoint().view()).isEmpty();
    assertThat(b.endpoint().deadline()).isEmpty();
  }
}
