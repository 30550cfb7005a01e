package io.podseal.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Narrowing.Narrowed;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Narrowing against an enumeration of all packets of a small world: five addresses, three
 * protocols, a few ports at the edges of ranges and packets without ports.
 */
final class NarrowingPropertyTest {
  private static final int ROUNDS = 1500;
  private static final int NO_PORT = -1;
  private static final int[] PORTS = {NO_PORT, 0, 2, 3, 0xffff};
  private static final int[] PROTOCOLS = {1, 6, 17};

  /** One packet as one end sees it. */
  private record Packet(
      int protocol, int localAddress, int localPort, int remoteAddress, int remotePort) {}

  private final Random random = new Random(20);

  @Test
  void resultIsNeverWiderThanProposalOrPolicyAndNeverEmpty() {
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      TrafficSelectors offered = selectors();
      List<TrafficSelectors> policy = list(1, 3, this::selectors);

      Optional<Narrowed> narrowed = Narrowing.narrow(offered, policy);

      boolean common =
          packets(offered).stream().anyMatch(p -> policy.stream().anyMatch(e -> has(e, p)));
      assertThat(narrowed.isPresent()).as("%s under %s", offered, policy).isEqualTo(common);
      if (narrowed.isPresent()) {
        List<Packet> result = packets(narrowed.get().selectors());
        assertThat(result).as("%s under %s", offered, policy).isNotEmpty();
        assertThat(result).allMatch(p -> has(offered, p));
        assertThat(narrowed.get().selectors().local()).noneMatch(TrafficSelector::isEmpty);
        assertThat(narrowed.get().selectors().remote()).noneMatch(TrafficSelector::isEmpty);
        assertThat(policy)
            .as("%s within one entry of %s", result, policy)
            .anyMatch(entry -> result.stream().allMatch(p -> has(entry, p)));
        accepted++;
      } else {
        refused++;
      }
    }
    assertThat(accepted).isGreaterThan(ROUNDS / 20);
    assertThat(refused).isGreaterThan(ROUNDS / 20);
  }

  @Test
  void firstSelectorsAreInTheResultWheneverOneEntryAllowsThem() {
    int ran = 0;
    for (int i = 0; i < ROUNDS; i++) {
      TrafficSelectors offered = selectors();
      List<TrafficSelectors> policy = list(1, 3, this::selectors);
      TrafficSelectors first = offered.first().orElseThrow();
      if (!first.isEmpty() && policy.stream().anyMatch(e -> e.contains(first))) {
        Narrowed narrowed = Narrowing.narrow(offered, policy).orElseThrow();
        assertThat(packets(first)).allMatch(p -> has(narrowed.selectors(), p));
        ran++;
      }
    }
    assertThat(ran).isGreaterThan(50);
  }

  @Test
  void moreIsSaidToBePossibleExactlyWhenTheChoiceLeavesAnAllowedPacketOut() {
    int[] seen = new int[2];
    for (int i = 0; i < ROUNDS; i++) {
      TrafficSelectors offered = selectors();
      List<TrafficSelectors> policy = list(1, 3, this::selectors);
      Optional<Narrowed> narrowed = Narrowing.narrow(offered, policy);
      if (narrowed.isPresent()) {
        boolean leftOut =
            packets(offered).stream()
                .filter(p -> policy.stream().anyMatch(e -> has(e, p)))
                .anyMatch(p -> !has(narrowed.get().selectors(), p));
        if (leftOut) {
          assertThat(narrowed.get().additionalPossible())
              .as("%s of %s", narrowed, offered)
              .isTrue();
        }
        seen[leftOut ? 1 : 0]++;
      }
    }
    assertThat(seen[0]).isPositive();
    assertThat(seen[1]).isPositive();
  }

  @Test
  void containmentIsThatOfPackets() {
    int[] seen = new int[2];
    for (int i = 0; i < ROUNDS; i++) {
      TrafficSelectors outer = selectors();
      TrafficSelectors inner = i % 2 == 0 ? selectors() : outer.intersection(selectors());
      boolean contains = outer.contains(inner);
      if (contains) {
        assertThat(packets(inner)).as("%s in %s", inner, outer).allMatch(p -> has(outer, p));
      }
      seen[contains ? 1 : 0]++;
    }
    assertThat(seen[0]).isGreaterThan(ROUNDS / 20);
    assertThat(seen[1]).isGreaterThan(ROUNDS / 20);
  }

  @Test
  void intersectionIsThatOfPackets() {
    for (int i = 0; i < ROUNDS; i++) {
      TrafficSelectors a = selectors();
      TrafficSelectors b = selectors();
      TrafficSelectors both = a.intersection(b);
      assertThat(packets(both))
          .as("%s and %s", a, b)
          .containsExactlyInAnyOrderElementsOf(packets(a).stream().filter(p -> has(b, p)).toList());
      assertThat(both.isEmpty()).isEqualTo(packets(both).isEmpty());
    }
  }

  private static boolean has(TrafficSelectors s, Packet p) {
    return side(s.local(), p.protocol, p.localAddress, p.localPort)
        && side(s.remote(), p.protocol, p.remoteAddress, p.remotePort);
  }

  private static boolean side(
      List<TrafficSelector> selectors, int protocol, int address, int port) {
    return selectors.stream()
        .anyMatch(s ->
            (s.protocol() == 0 || s.protocol() == protocol)
                && s.startAddress().s32(0) <= address
                && address <= s.endAddress().s32(0)
                && (port == NO_PORT
                    ? s.hasAnyPort() || s.hasOpaquePort()
                    : s.startPort() <= port && port <= s.endPort()));
  }

  private static List<Packet> packets(TrafficSelectors s) {
    List<Packet> all = new ArrayList<>();
    for (int protocol : PROTOCOLS) {
      for (int local = 0; local < 5; local++) {
        for (int localPort : PORTS) {
          if (side(s.local(), protocol, local, localPort)) {
            remotes(s, protocol, local, localPort, all);
          }
        }
      }
    }
    return all;
  }

  private static void remotes(
      TrafficSelectors s, int protocol, int local, int localPort, List<Packet> all) {
    for (int remote = 0; remote < 5; remote++) {
      for (int remotePort : PORTS) {
        if (side(s.remote(), protocol, remote, remotePort)) {
          all.add(new Packet(protocol, local, localPort, remote, remotePort));
        }
      }
    }
  }

  private TrafficSelectors selectors() {
    return new TrafficSelectors(list(1, 3, this::selector), list(1, 3, this::selector));
  }

  private TrafficSelector selector() {
    int protocol = random.nextInt(3) == 0 ? PROTOCOLS[random.nextInt(PROTOCOLS.length)] : 0;
    int a = random.nextInt(5);
    int b = random.nextInt(5);
    int[] ports =
        switch (random.nextInt(7)) {
          case 0 -> new int[] {0xffff, 0};
          case 4 -> new int[] {3, 2};
          case 1 -> new int[] {1, 2};
          case 2 -> new int[] {0, 0xfffe};
          case 3 -> new int[] {2, 0xffff};
          default -> new int[] {0, 0xffff};
        };
    return new TrafficSelector(
        TrafficSelector.IPV4_RANGE,
        protocol,
        ports[0],
        ports[1],
        Bytes.ofInt(Math.min(a, b)),
        Bytes.ofInt(Math.max(a, b)));
  }

  private <T> List<T> list(int min, int max, Supplier<T> item) {
    List<T> items = new ArrayList<>();
    for (int i = min + random.nextInt(max - min + 1); i > 0; i--) {
      items.add(item.get());
    }
    return items;
  }
}
