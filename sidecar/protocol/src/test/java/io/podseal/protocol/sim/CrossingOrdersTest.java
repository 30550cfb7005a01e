package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each of two ends begins something at the same moment, and the IKE messages of both arrive in
 * every order there is: not a sample. Whatever the order, the pair ends with one IKE SA and one
 * child in which both agree; the invariants hold after every message; and where nothing is deleted
 * no packet is lost.
 */
class CrossingOrdersTest {
  /** Where the pair stands before. */
  enum Start {
    ESTABLISHED,
    CHILDLESS
  }

  record Case(Start start, Operation first, Operation second) {
    /** Then traffic would begin a new handshake, whose orders are another case. */
    boolean deletesIke() {
      return first == Operation.DELETE_IKE || second == Operation.DELETE_IKE;
    }

    /** With traffic a child is created beside what else happens: thousands of orders. */
    boolean makesMuch() {
      Set<Operation> both = EnumSet.of(first, second);
      return both.contains(Operation.DELETE_CHILD)
          && (both.size() == 1
              || both.contains(Operation.REPLACE_IKE)
              || both.contains(Operation.REKEY_IKE));
    }

    boolean handshakesCross() {
      return first == Operation.REPLACE_IKE && second == Operation.REPLACE_IKE;
    }

    @Override
    public String toString() {
      return "%s: %s x %s".formatted(start, first, second);
    }
  }

  private static final Set<Operation> DELETING =
      EnumSet.of(Operation.DELETE_CHILD, Operation.DELETE_IKE);

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    EnumSet<Operation> onEstablished = EnumSet.complementOf(EnumSet.of(Operation.CREATE_CHILD));
    EnumSet<Operation> onChildless =
        EnumSet.of(
            Operation.NOTHING, Operation.CREATE_CHILD, Operation.REKEY_IKE, Operation.DELETE_IKE);
    onEstablished.forEach(
        a -> onEstablished.forEach(b -> cases.add(new Case(Start.ESTABLISHED, a, b))));
    onChildless.forEach(a -> onChildless.forEach(b -> cases.add(new Case(Start.CHILDLESS, a, b))));
    String only = System.getProperty("podseal.case", "");
    return cases.stream().filter(c -> c.toString().contains(only));
  }

  /** Without what needs thousands of orders. */
  static Stream<Case> shortCases() {
    return cases().filter(c -> !c.handshakesCross());
  }

  @ParameterizedTest
  @MethodSource("shortCases")
  void everyOrderEndsWell(Case c) {
    explore(c, 0, c.start() == Start.CHILDLESS || c.deletesIke() || c.makesMuch());
  }

  @ParameterizedTest
  @MethodSource("cases")
  @Tag("mass")
  void everyOrderEndsWellWithTraffic(Case c) {
    explore(c, 0, c.deletesIke());
  }

  @ParameterizedTest
  @MethodSource("shortCases")
  @Tag("mass")
  void everyOrderEndsWellThoughOneMessageIsLost(Case c) {
    explore(c, 1, true);
  }

  /** Both outcomes of the comparison of nonces, where there is one. */
  private static void explore(Case c, int losses, boolean onlyQuiet) {
    Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
    for (int seed = 0; seed < 12; seed++) {
      Outcome outcome = new Exploration(c, seed, 0, false).inOrder();
      if (!seen.add(outcome)) {
        continue;
      }
      int number = seed;
      for (boolean traffic : onlyQuiet ? new boolean[] {false} : new boolean[] {false, true}) {
        int orders =
            Interleavings.forEach(
                choices -> new Exploration(c, number, losses, traffic).run(choices));
        System.out.printf(
            "%s, %s, %d lost, %s: %d orders%n",
            c, outcome, losses, traffic ? "with traffic" : "quiet", orders);
      }
    }
    if (c.first() == c.second()
        && EnumSet.of(Operation.REKEY_CHILD, Operation.REKEY_IKE).contains(c.first())) {
      assertThat(seen).contains(Outcome.FIRST_LOWEST, Outcome.SECOND_LOWEST);
    }
  }

  private enum Outcome {
    FIRST_LOWEST,
    SECOND_LOWEST,
    NO_COMPARISON
  }

  /** One run of one case. */
  private static final class Exploration {
    private final Case c;
    private final int seed;
    private final boolean traffic;
    private final World world;
    private final Host x;
    private final Host y;
    private int losses;
    private int packets = 1;

    Exploration(Case c, int seed, int losses, boolean traffic) {
      this.c = c;
      this.seed = seed;
      this.losses = losses;
      this.traffic = traffic;
      this.world = new World(seed, new CheapCrypto());
      this.x = world.host("x", "10.0.0.1", 100 + seed);
      this.y = world.host("y", "10.0.0.2", 200 + seed);
    }

    Outcome inOrder() {
      begin();
      world.record();
      while (world.held() > 0) {
        step(() -> world.deliverHeld(0));
      }
      Bytes first = lowestNonce(x, y);
      Bytes second = lowestNonce(y, x);
      if (first.isEmpty() || second.isEmpty()) {
        return Outcome.NO_COMPARISON;
      }
      return first.compareTo(second) < 0 ? Outcome.FIRST_LOWEST : Outcome.SECOND_LOWEST;
    }

    /** The lower nonce of the CREATE_CHILD_SA exchange that {@code initiator} began. */
    private Bytes lowestNonce(Host initiator, Host responder) {
      return world.sent.stream()
          .filter(s ->
              s.is(initiator, ExchangeType.CREATE_CHILD_SA, false)
                  || s.is(responder, ExchangeType.CREATE_CHILD_SA, true))
          .map(s -> Forge.open(world.provider(), x.keys.ike.getFirst().copy(), s.ike()))
          .flatMap(m -> m.nonce().stream())
          .min(Bytes::compareTo)
          .orElse(Bytes.EMPTY);
    }

    void run(Interleavings.Choices choices) {
      try {
        begin();
        world.record();
        deliverAll(choices);
        settle();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            """
            %s, seed %d, %s, %s: %s
            again: ./mvnw -pl sidecar/protocol test -Dtest=CrossingOrdersTest -Dpodseal.case='%s'
            %s\
            """
                .formatted(
                    c, seed, traffic ? "traffic" : "quiet", choices, e, c, world.lastEvents()),
            e);
      }
    }

    private void begin() {
      x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
      y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
      x.send(y, 0);
      world.run(Duration.ofMillis(10));
      y.send(x, 0);
      world.run(Duration.ofSeconds(40));
      if (c.start() == Start.CHILDLESS) {
        Operation.DELETE_CHILD.begin(x, y);
        world.run(Duration.ofSeconds(40));
        assertThat(x.childrenWith(y) + y.childrenWith(x)).isZero();
      }
      assertThat(x.establishedWith(y)).hasSize(1);
      assertThat(y.establishedWith(x)).hasSize(1);
      world.hold(s -> s.packet() instanceof World.Ike);
      world.network.latency = Duration.ZERO;
      step(() -> {
        c.first().begin(x, y);
        c.second().begin(y, x);
      });
    }

    private void deliverAll(Interleavings.Choices choices) {
      boolean lost = false;
      for (int rounds = 0; rounds < 3; rounds++) {
        while (world.held() > 0) {
          int held = world.held();
          int choice = choices.below(losses > 0 ? 2 * held : held);
          if (choice < held) {
            step(() -> world.deliverHeld(choice));
          } else {
            losses--;
            lost = true;
            world.loseHeld(choice - held);
          }
        }
        // A retransmission brings back what was lost.
        for (int i = 0; lost && world.held() == 0 && i < 8; i++) {
          world.run(Duration.ofMillis(100));
        }
      }
    }

    /** No timer is due within a step: time stands still but for telling before from after. */
    private void step(Runnable action) {
      action.run();
      if (traffic) {
        x.send(y, packets);
        y.send(x, packets);
        packets++;
      }
      world.run(Duration.ofNanos(1000));
    }

    private void settle() {
      world.release();
      world.network.latency = Duration.ofMillis(1);
      for (int second = 1; second <= 14; second++) {
        world.after(
            Duration.ofSeconds(second),
            () -> {
              x.send(y, 0);
              y.send(x, 0);
            });
      }
      world.run(Duration.ofSeconds(30));
      assertThat(x.establishedWith(y)).hasSize(1);
      assertThat(y.establishedWith(x)).hasSize(1);
      assertThat(x.childrenWith(y)).isEqualTo(1);
      assertThat(y.childrenWith(x)).isEqualTo(1);
      assertThat(x.outboundSpiTo(y).filter(y::receivesOn)).isPresent();
      assertThat(y.outboundSpiTo(x).filter(x::receivesOn)).isPresent();
      assertThat(x.establishedWith(y).getFirst().initiatorSpi())
          .isEqualTo(y.establishedWith(x).getFirst().initiatorSpi());
      for (Host host : List.of(x, y)) {
        assertThat(host.events(ProtocolEvent.IkeSaClosed.class))
            .noneMatch(e -> e.reason() == CloseReason.NO_ANSWER);
        if (!DELETING.contains(c.first()) && !DELETING.contains(c.second())) {
          assertThat(host.received.stream().filter(n -> n > 0).distinct().count())
              .as("packets that reached %s", host.identity)
              .isEqualTo(packets - 1);
        }
      }
    }
  }
}
