package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each of two ends begins something at the same moment, and the IKE messages of both arrive in
 * every order there is, not in a sample of them. Of orders in which either end hears the same one
 * is enough where there are too many ({@link Case#makesTooMuch}, with traffic). Whatever the order,
 * the pair ends with one IKE SA and one child in which both agree; the invariants hold after every
 * message; where nothing is deleted no packet is lost; and of two rekeys of one SA, what stands is
 * what the nonces on the wire say.
 */
class CrossingOrdersTest {
  /** Where the pair stands before. */
  enum Start {
    /** It has no IKE SA: both ends begin with IKE_SA_INIT (design, decision 9). */
    NOTHING,
    ESTABLISHED,
    CHILDLESS
  }

  /**
   * @param hybrid whether the default profile's additional key exchange follows, in messages of its
   *     own
   */
  record Case(Start start, boolean hybrid, Operation first, Operation second) {
    /** Both ends rekey the same SA, and nonces decide (RFC 7296 §2.8). */
    boolean comparesNonces() {
      return first == second && (first == Operation.REKEY_CHILD || first == Operation.REKEY_IKE);
    }

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

    /**
     * With traffic a child is created beside two series of key exchanges: half a million orders.
     * Those suffice that differ in what one of the ends hears.
     */
    boolean makesTooMuch() {
      return start == Start.CHILDLESS && hybrid && comparesNonces();
    }

    boolean replacesIke() {
      return first == Operation.REPLACE_IKE || second == Operation.REPLACE_IKE;
    }

    boolean handshakesCross() {
      return first == Operation.REPLACE_IKE && second == Operation.REPLACE_IKE;
    }

    @Override
    public String toString() {
      return "%s%s: %s x %s".formatted(start, hybrid ? ", HYBRID" : "", first, second);
    }
  }

  /** An IP datagram that holds any of the messages. */
  private static final int WHOLE = 1500;

  private static final Set<Operation> DELETING =
      EnumSet.of(Operation.DELETE_CHILD, Operation.DELETE_IKE);

  /** What takes more messages when another key exchange follows. */
  private static final Set<Operation> FOLLOWED =
      EnumSet.of(Operation.REKEY_CHILD, Operation.REKEY_IKE, Operation.CREATE_CHILD);

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    addCases(cases, false);
    addCases(cases, true);
    String only = System.getProperty("podseal.case", "");
    return cases.stream().filter(c -> c.toString().contains(only));
  }

  private static void addCases(List<Case> cases, boolean hybrid) {
    EnumSet<Operation> onEstablished = EnumSet.complementOf(EnumSet.of(Operation.CREATE_CHILD));
    EnumSet<Operation> onChildless =
        EnumSet.of(
            Operation.NOTHING, Operation.CREATE_CHILD, Operation.REKEY_IKE, Operation.DELETE_IKE);
    onEstablished.forEach(
        a -> onEstablished.forEach(b -> cases.add(new Case(Start.ESTABLISHED, hybrid, a, b))));
    onChildless.forEach(
        a -> onChildless.forEach(b -> cases.add(new Case(Start.CHILDLESS, hybrid, a, b))));
    cases.add(new Case(Start.NOTHING, hybrid, Operation.CREATE_CHILD, Operation.CREATE_CHILD));
    cases.removeIf(
        c -> c.hybrid() && !FOLLOWED.contains(c.first()) && !FOLLOWED.contains(c.second()));
  }

  /** Without what needs thousands of orders. */
  static Stream<Case> shortCases() {
    return cases().filter(c -> !c.handshakesCross() && !(c.hybrid() && c.replacesIke()));
  }

  @ParameterizedTest
  @MethodSource("shortCases")
  void everyOrderEndsWell(Case c) {
    boolean onlyQuiet =
        c.start() == Start.CHILDLESS || c.hybrid() || c.deletesIke() || c.makesMuch();
    explore(c, 0, onlyQuiet);
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
    if (c.comparesNonces()) {
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
    private Optional<Host> lastFrom = Optional.empty();
    private List<World.Sent> beforeLast = List.of();
    private int keysBefore;

    Exploration(Case c, int seed, int losses, boolean traffic) {
      this.c = c;
      this.seed = seed;
      this.losses = losses;
      this.traffic = traffic;
      this.world = new World(seed, new CheapCrypto());
      this.x = world.host("x", "10.0.0.1", 100 + seed);
      this.y = world.host("y", "10.0.0.2", 200 + seed);
      if (c.hybrid()) {
        for (Host host : List.of(x, y)) {
          host.offer = CryptoOffer.HYBRID;
          // Each message in one datagram: what fragments do to each other is another matter.
          host.options(IkeOptions.DEFAULT.withFragmentSize(WHOLE));
        }
      }
    }

    Outcome inOrder() {
      begin();
      while (world.held() > 0) {
        step(() -> world.deliverHeld(0));
      }
      if (c.start() == Start.NOTHING) {
        return Outcome.NO_COMPARISON;
      }
      Optional<WireRekey> first = rekey(x, y);
      Optional<WireRekey> second = rekey(y, x);
      if (first.isEmpty() || second.isEmpty()) {
        return Outcome.NO_COMPARISON;
      }
      return first.get().survives(second.get()) ? Outcome.SECOND_LOWEST : Outcome.FIRST_LOWEST;
    }

    private Optional<WireRekey> rekey(Host initiator, Host responder) {
      return WireRekey.firstOf(initiator, responder, world, x.keys.ike.get(keysBefore - 1));
    }

    void run(Interleavings.Choices choices) {
      try {
        begin();
        if (deliverAll(choices)) {
          settle();
        }
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
      if (c.start() != Start.NOTHING) {
        establish();
      }
      keysBefore = x.keys.ike.size();
      world.record();
      world.hold(s -> s.packet() instanceof World.Ike);
      world.network.latency = Duration.ZERO;
      step(() -> {
        c.first().begin(x, y);
        c.second().begin(y, x);
      });
    }

    private void establish() {
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
    }

    /**
     * @return false if another order differs in nothing that one of the ends hears
     */
    private boolean deliverAll(Interleavings.Choices choices) {
      boolean lost = false;
      for (int rounds = 0; rounds < 3; rounds++) {
        while (world.held() > 0) {
          int held = world.held();
          if (c.makesTooMuch() && traffic) {
            List<Integer> telling = telling();
            if (telling.isEmpty()) {
              return false;
            }
            deliver(telling.get(choices.below(telling.size())));
            continue;
          }
          int choice = choices.below(losses > 0 ? 2 * held : held);
          if (choice < held) {
            deliver(choice);
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
      return true;
    }

    private void deliver(int index) {
      beforeLast = world.heldMessages();
      lastFrom = Optional.of(beforeLast.get(index).from());
      step(() -> world.deliverHeld(index));
    }

    /** Of two messages that were on their way to different ends, that of x goes first. */
    private List<Integer> telling() {
      List<World.Sent> held = world.heldMessages();
      List<Integer> indices = new ArrayList<>();
      for (int i = 0; i < held.size(); i++) {
        World.Sent sent = held.get(i);
        boolean late =
            lastFrom.filter(from -> from == x).isPresent()
                && sent.from() == y
                && beforeLast.contains(sent);
        if (!late) {
          indices.add(i);
        }
      }
      return indices;
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
      if (c.comparesNonces()) {
        nonceRuleHolds();
      }
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

    /** What stands was made by the exchange without the lowest nonce, or by the only one. */
    private void nonceRuleHolds() {
      List<WireRekey> made = Stream.of(rekey(x, y), rekey(y, x)).flatMap(Optional::stream).toList();
      assertThat(made).as("rekeys that were answered with an SA").isNotEmpty();
      WireRekey stays =
          made.size() == 1 || made.getFirst().survives(made.getLast())
              ? made.getFirst()
              : made.getLast();
      assertThat(List.of(spiAt(stays.initiator()), spiAt(stays.responder())))
          .as("SPIs that stand, of the rekey that %s began", stays.initiator().identity)
          .containsExactly(stays.spiOfInitiator(), stays.spiOfResponder());
    }

    /** What {@code host} chose for the SA that is rekeyed. */
    private Bytes spiAt(Host host) {
      Host other = host == x ? y : x;
      return c.first() == Operation.REKEY_IKE
          ? Bytes.ofLong(host.establishedWith(other).getFirst().localSpi())
          : Bytes.ofHex("%08x".formatted(host.outboundTo(other).orElseThrow()));
    }
  }
}
