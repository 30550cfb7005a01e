package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Real messages of a handshake, a rekey and a replacement, in every wrong order. */
class OutOfOrderSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  /** The same seeds: the hosts of every instance send the same octets. */
  private OutOfOrderSimTest begun() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    a.send(b, 1);
    return this;
  }

  private List<World.Sent> history() {
    world.run(Duration.ofSeconds(1));
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    a.run(a.endpoint().replaceIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    return List.copyOf(world.sent);
  }

  /** OpenBSD 7.8 errata 027 and 7.7 errata 033. */
  @Test
  void openbsd_7_8_027_theMessagesOfAHandshakeInAnyOrder() {
    OutOfOrderSimTest example = new OutOfOrderSimTest().begun();
    List<World.Sent> handshake = example.history().subList(0, 4);
    List<List<Integer>> orders = new ArrayList<>();
    permute(new ArrayList<>(List.of(0, 1, 2, 3)), 0, orders);
    assertThat(orders).hasSize(24);
    for (List<Integer> order : orders) {
      assertTalksAfter(order.stream().map(handshake::get).toList(), example, order.toString());
    }
  }

  /** While the pods go on rekeying, everything they ever said arrives again in any order. */
  @Test
  void openbsd_7_8_027_allMessagesShuffledAndRepeated() {
    for (int seed = 0; seed < 40; seed++) {
      OutOfOrderSimTest pods = new OutOfOrderSimTest().begun();
      pods.history();
      pods.a.run(pods.a.endpoint().rekeyChild(pods.b.identity, pods.world.now()));
      pods.b.run(pods.b.endpoint().replaceIkeSa(pods.a.identity, pods.world.now()));
      List<World.Sent> shuffled = new ArrayList<>(pods.world.sent);
      assertThat(shuffled).hasSizeGreaterThan(9);
      shuffled.addAll(pods.world.sent);
      Collections.shuffle(shuffled, new Random(seed));
      for (World.Sent sent : shuffled) {
        deliver(sent, sent.from() == pods.a ? pods.b : pods.a, sent.from());
        pods.world.run(Duration.ofMillis(1));
      }
      pods.world.run(Duration.ofSeconds(20));
      pods.a.send(pods.b, 100);
      pods.b.send(pods.a, 101);
      pods.world.run(Duration.ofMillis(10));
      assertThat(pods.b.received).as("seed %d", seed).contains(100);
      assertThat(pods.a.received).as("seed %d", seed).contains(101);
      assertThat(pods.a.establishedWith(pods.b)).as("seed %d", seed).hasSize(1);
      assertThat(pods.b.establishedWith(pods.a)).as("seed %d", seed).hasSize(1);
    }
  }

  private static void deliver(World.Sent sent, Host to, Host from) {
    int port = sent.to().port();
    to.ike(sent.ike(), new Endpoint(from.address, port), port);
  }

  private static void assertTalksAfter(
      List<World.Sent> messages, OutOfOrderSimTest example, String what) {
    OutOfOrderSimTest fresh = new OutOfOrderSimTest().begun();
    fresh.world.state.forged();
    fresh.world.block(p -> p instanceof World.Ike);
    for (World.Sent sent : messages) {
      Host to = sent.from() == example.a ? fresh.b : fresh.a;
      Host from = sent.from() == example.a ? fresh.a : fresh.b;
      deliver(sent, to, from);
      fresh.world.run(Duration.ofMillis(3));
    }
    fresh.world.openAll();
    for (int i = 0; i < 90 && !fresh.b.received.contains(100 + i - 1); i++) {
      fresh.a.send(fresh.b, 100 + i);
      fresh.world.run(Duration.ofSeconds(1));
    }
    assertThat(fresh.b.received).as(what).anyMatch(n -> n >= 100);
    fresh.world.run(Duration.ofSeconds(20));
    assertThat(fresh.a.establishedWith(fresh.b)).as(what).hasSize(1);
    assertThat(fresh.b.establishedWith(fresh.a)).as(what).hasSize(1);
  }

  private static void permute(List<Integer> rest, int from, List<List<Integer>> out) {
    if (from == rest.size()) {
      out.add(List.copyOf(rest));
    }
    for (int i = from; i < rest.size(); i++) {
      Collections.swap(rest, from, i);
      permute(rest, from + 1, out);
      Collections.swap(rest, from, i);
    }
  }
}
