package io.podseal.protocol.sim;

import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.udpencap.Ports;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Two to five pods, each the peer of each, and what a seed lets happen to them. Ends in one of two
 * kinds of life: a storm of minutes with short lifetimes, or days with real ones.
 */
final class Mesh {
  /** What the controller says of a pair; each end hears of a change in its own time. */
  private static final class PairPolicy {
    int epoch = 1;
  }

  private static final InetAddress OUTSIDE = address("192.0.2.1");

  final World world;
  final Variety variety;
  final List<Host> hosts = new ArrayList<>();
  private final Random random;
  private final boolean days;
  private final Lifetimes lifetimes;
  private final PairPolicy[][] policies;
  private final Set<Host> behindNat = new HashSet<>();
  private int natPort = 20_000;

  Mesh(long seed, World world, Variety variety) {
    this.world = world;
    this.variety = variety;
    this.random = new Random(Mix.mix(seed));
    this.days = random.nextInt(4) == 0;
    this.lifetimes =
        days
            ? Lifetimes.DEFAULT
            : new Lifetimes(
                Duration.ofSeconds(20 + random.nextInt(40)),
                Duration.ofSeconds(60 + random.nextInt(100)),
                Duration.ofSeconds(5));
    int size = 2 + (random.nextInt(3) == 0 ? random.nextInt(4) : random.nextInt(2));
    this.policies = new PairPolicy[size][size];
    for (int i = 0; i < size; i++) {
      Host host = world.host("pod-" + i, "10.0.0." + (i + 1), seed * 10 + i);
      host.offer = variety.offer(i);
      host.options(variety.options(i));
      hosts.add(host);
      if (random.nextInt(6) == 0) {
        behindNat.add(host);
        natMoves(host);
      }
      for (int j = 0; j < i; j++) {
        policies[i][j] = policies[j][i] = new PairPolicy();
      }
    }
    forAllPairs(this::knows);
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  interface PairAction {
    void run(Host x, Host y);
  }

  void forAllPairs(PairAction action) {
    for (Host x : hosts) {
      for (Host y : hosts) {
        if (x != y) {
          action.run(x, y);
        }
      }
    }
  }

  private PresharedKey key(Host x, Host y, int epoch, boolean mayInitiate) {
    boolean inOrder = x.identity.compareTo(y.identity) < 0;
    String pair = inOrder ? x.identity + "|" + y.identity : y.identity + "|" + x.identity;
    PresharedKey key = Host.key(epoch, pair + epoch);
    return new PresharedKey(epoch, key.secret(), mayInitiate, variety.ppk(pair + epoch, inOrder));
  }

  private PairPolicy policy(Host x, Host y) {
    return policies[hosts.indexOf(x)][hosts.indexOf(y)];
  }

  private void knows(Host x, Host y) {
    knows(x, y, key(x, y, policy(x, y).epoch, true));
  }

  private void knows(Host x, Host y, PresharedKey... keys) {
    x.knows(y, lifetimes, x.offer, variety.child(hosts.indexOf(x), hosts.indexOf(y)), keys);
  }

  /**
   * Rotation as decision 4 of the design has it; a new epoch does not begin before the last ended.
   */
  private void rotate(Host x, Host y) {
    PairPolicy policy = policy(x, y);
    int old = policy.epoch;
    int next = old + 1;
    policy.epoch = next;
    for (Host[] end : new Host[][] {{x, y}, {y, x}}) {
      Host a = end[0];
      Host b = end[1];
      world.after(millis(2000), () -> knows(a, b, key(a, b, next, false), key(a, b, old, true)));
      world.after(
          Duration.ofSeconds(2).plus(millis(2000)),
          () -> knows(a, b, key(a, b, next, true), key(a, b, old, true)));
      world.after(
          Duration.ofSeconds(20).plus(millis(5000)),
          () -> {
            if (policy.epoch == next) {
              knows(a, b);
            }
          });
    }
  }

  private Duration millis(int below) {
    return Duration.ofMillis(random.nextInt(below));
  }

  private void natMoves(Host host) {
    for (int port : new int[] {Ports.IKE, Ports.IKE_NAT_TRAVERSAL}) {
      world.network.nat(new Endpoint(host.address, port), new Endpoint(OUTSIDE, natPort++));
    }
  }

  private void weather() {
    world.network.loss = random.nextDouble() * random.nextDouble() * 0.5;
    world.network.duplication = random.nextDouble() * 0.2;
    world.network.reorder = Duration.ofMillis(random.nextInt(30));
    world.network.corruption = random.nextInt(3) == 0 ? random.nextDouble() * 0.1 : 0;
  }

  /** Everything that may go wrong, and then quiet, in which it must come right again. */
  void live() {
    long seconds = days ? 43_200L * (1 + random.nextInt(4)) : 60 + random.nextInt(180);
    int happenings = days ? 60 : 120;
    weather();
    hosts.forEach(this::connectsAhead);
    for (int i = 0; i < happenings; i++) {
      happens(Duration.ofMillis((long) (random.nextDouble() * seconds * 1000)));
    }
    int packets = days ? 150 : 300;
    for (int i = 0; i < packets; i++) {
      Host x = any();
      Host y = another(x);
      int number = i;
      world.after(
          Duration.ofMillis((long) (random.nextDouble() * seconds * 1000)),
          () -> x.send(y, number));
    }
    world.run(Duration.ofSeconds(seconds));
  }

  private Host any() {
    return hosts.get(random.nextInt(hosts.size()));
  }

  private Host another(Host x) {
    int step = 1 + random.nextInt(hosts.size() - 1);
    return hosts.get((hosts.indexOf(x) + step) % hosts.size());
  }

  private void happens(Duration at) {
    Host x = any();
    Host y = another(x);
    switch (random.nextInt(20)) {
      case 0, 1 -> world.after(at, () -> restarts(x));
      case 2, 3, 4 -> world.after(at, () -> x.run(x.endpoint().rekeyChild(y.identity, x.now())));
      case 5, 6, 7 -> world.after(at, () -> x.run(x.endpoint().rekeyIkeSa(y.identity, x.now())));
      case 8, 9 -> world.after(at, () -> x.run(x.endpoint().replaceIkeSa(y.identity, x.now())));
      case 10 -> removed(x, y, at);
      case 11 -> behindNat.forEach(h -> world.after(at, () -> natMoves(h)));
      case 12 -> stops(x, at);
      // As after a suspension of the machine; back it never goes, because it is monotonic.
      case 13 -> world.after(at, () -> x.clockJumps(Duration.ofSeconds(random.nextInt(400))));
      case 14 -> world.after(at, () -> rotate(x, y));
      case 15 -> world.after(at, this::weather);
      case 16 -> outage(at);
      case 17, 18 -> {
        // Both ends at once: this is where collisions come from.
        world.after(at, () -> begins(x, y));
        world.after(at.plus(millis(5)), () -> begins(y, x));
      }
      default -> {
        for (int i = 0; i < 20; i++) {
          int number = i;
          world.after(
              at.plusMillis(2L * i),
              () -> (number % 2 == 0 ? x : y).send(number % 2 == 0 ? y : x, number));
        }
      }
    }
  }

  private void begins(Host x, Host y) {
    switch (random.nextInt(4)) {
      case 0 -> x.run(x.endpoint().rekeyChild(y.identity, x.now()));
      case 1 -> x.run(x.endpoint().rekeyIkeSa(y.identity, x.now()));
      case 2 -> x.run(x.endpoint().replaceIkeSa(y.identity, x.now()));
      default -> {
        if (variety.ahead()) {
          connects(x, y);
        }
        x.send(y, 0);
      }
    }
  }

  private void restarts(Host x) {
    x.restart();
    connectsAhead(x);
  }

  /** Connects to all others, if pods do so before they have a packet for them. */
  private void connectsAhead(Host x) {
    if (variety.ahead()) {
      hosts.stream().filter(y -> y != x).forEach(y -> connects(x, y));
    }
  }

  private static void connects(Host x, Host y) {
    x.arrives(() -> x.run(x.endpoint().connect(y.identity, x.now())));
  }

  private void removed(Host x, Host y, Duration at) {
    Duration back = at.plus(millis(random.nextBoolean() ? 1 : 30_000));
    world.after(at, () -> x.forgets(y));
    world.after(back, () -> knows(x, y));
  }

  private void stops(Host x, Duration at) {
    Duration pause = millis(random.nextBoolean() ? 5_000 : 300_000);
    boolean suspended = random.nextBoolean();
    world.after(
        at,
        () -> {
          if (!x.isStopped()) {
            x.stops();
            world.after(pause, () -> x.goesOn(suspended ? pause : Duration.ZERO));
          }
        });
  }

  private void outage(Duration at) {
    world.after(at, () -> world.network.loss = 1);
    world.after(at.plus(millis(random.nextBoolean() ? 10_000 : 400_000)), this::weather);
  }

  /** The network heals, every clock runs, all know each other; packets show who is gone. */
  void heal() {
    // What is still to come of stops, outages and removals.
    world.run(Duration.ofSeconds(400));
    world.network.heal();
    forAllPairs(this::knows);
    Duration quiet = StateInvariants.BLIND.plusSeconds(60);
    for (int s = 1; s <= quiet.toSeconds(); s += 3) {
      Duration at = Duration.ofSeconds(s);
      forAllPairs((x, y) -> world.after(at, () -> x.send(y, 0)));
    }
    world.run(quiet);
  }
}
