package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic world of pods: one queue of events ordered by virtual time. The same seed gives
 * the same run. Invariants are checked after every event.
 */
final class World {
  sealed interface Packet permits Ike, Esp {}

  record Ike(byte[] message, int fromPort) implements Packet {
    private static final int IPV4_AND_UDP = 28;

    /** Octets of the IP datagram. */
    int length() {
      return IPV4_AND_UDP + (fromPort == Ports.IKE ? 0 : 4) + message.length;
    }

    boolean is(ExchangeType exchange, boolean response) {
      return MessageDecoder.decode(message) instanceof Decoded.Ok<Datagram> ok
          && ok.value().header().exchange() == exchange
          && ok.value().header().response() == response;
    }
  }

  record Esp(int spi, Bytes key, int number) implements Packet {}

  /** A packet on its way, before the network does anything to it. */
  record Sent(Instant at, Host from, Endpoint to, Packet packet) {
    byte[] ike() {
      return ((Ike) packet).message();
    }

    /** A whole message or its first fragment. */
    boolean beginsMessage() {
      return MessageDecoder.decode(ike()) instanceof Decoded.Ok<Datagram> ok
          && ok.value().fragment().filter(f -> f.number() > 1).isEmpty();
    }

    boolean is(Host sender, ExchangeType exchange, boolean response) {
      return from == sender && packet instanceof Ike ike && ike.is(exchange, response);
    }
  }

  /** What a test waits for on the wire, and whether it came. */
  private static final class Trap {
    private final Predicate<Sent> what;
    private boolean sprung;

    Trap(Predicate<Sent> what) {
      this.what = what;
    }

    boolean catches(Sent sending) {
      boolean caught = what.test(sending);
      sprung |= caught;
      return caught;
    }
  }

  private record Event(Instant at, long order, Runnable action) {}

  final Network network;
  final StateInvariants state = new StateInvariants(this::host);
  final WireInvariants wire = new WireInvariants();
  int keepalives;
  private final CryptoProvider provider;
  private final KeyLedger ledger = new KeyLedger();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::order));
  private final Map<InetAddress, Host> hosts = new HashMap<>();
  private final List<Predicate<Packet>> filters = new ArrayList<>();

  /** Every IKE message that a host sent, lost ones included, if {@link #record} was called. */
  final List<Sent> sent = new ArrayList<>();

  private boolean recording;
  private final List<Trap> traps = new ArrayList<>();
  private final List<Trap> holds = new ArrayList<>();
  private final List<Sent> held = new ArrayList<>();
  private @Nullable Trap losing;
  private UnaryOperator<Packet> tampering = UnaryOperator.identity();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long order;
  long handled;

  World(long seed) {
    this(seed, new JdkCryptoProvider());
  }

  World(long seed, CryptoProvider provider) {
    this.network = new Network(seed);
    this.provider = provider;
  }

  CryptoProvider provider() {
    return provider;
  }

  KeyLedger ledger() {
    return ledger;
  }

  /** Kept as objects: most worlds are never read. */
  private record Traced(Instant at, Host host, Object what) {
    @Override
    public String toString() {
      return at + " " + host.identity + " " + what;
    }
  }

  private final ArrayDeque<Traced> trace = new ArrayDeque<>();

  void trace(Host host, Object what) {
    trace.addLast(new Traced(now, host, what));
    if (trace.size() > 80) {
      trace.removeFirst();
    }
  }

  /** The last events of all hosts, for a failing seed. */
  String lastEvents() {
    return trace.stream().map(Traced::toString).collect(Collectors.joining("\n"));
  }

  Instant now() {
    return now;
  }

  private Host host(Identity identity) {
    return hosts.values().stream()
        .filter(h -> h.identity.equals(identity))
        .findFirst()
        .orElseThrow();
  }

  Host host(String name, String address, long seed) {
    Host host = new Host(this, name, address, seed);
    hosts.put(host.address, host);
    return host;
  }

  void after(Duration delay, Runnable action) {
    events.add(new Event(now.plus(delay), order++, action));
  }

  /** Drops every packet that {@code filter} selects, until {@link #openAll}. */
  void block(Predicate<Packet> filter) {
    filters.add(filter);
  }

  void openAll() {
    filters.clear();
  }

  void record() {
    recording = true;
  }

  /** Changes packets on their way. */
  void tamper(UnaryOperator<Packet> change) {
    tampering = change;
  }

  /** Keeps what {@code filter} selects until {@link #release}. */
  void hold(Predicate<Sent> filter) {
    holds.add(trap(filter));
  }

  private Trap trap(Predicate<Sent> filter) {
    Trap trap = new Trap(filter);
    traps.add(trap);
    return trap;
  }

  /**
   * Which calls of {@link #hold} and {@link #loseOne}, counted from 1, never met a packet: what
   * they were to bring about did not happen.
   */
  List<Integer> idleTraps() {
    return IntStream.rangeClosed(1, traps.size())
        .filter(i -> !traps.get(i - 1).sprung)
        .boxed()
        .toList();
  }

  /** Delivers what was held, in the order it was sent, and holds no more. */
  void release() {
    holds.clear();
    List<Sent> all = List.copyOf(held);
    held.clear();
    all.forEach(s -> transmit(s.from(), s.to(), s.packet()));
  }

  int held() {
    return held.size();
  }

  /** What is held, in the order of the indices. */
  List<Sent> heldMessages() {
    return List.copyOf(held);
  }

  /** Delivers one of what is held, at once. */
  void deliverHeld(int index) {
    Sent s = held.remove(index);
    Ike ike = (Ike) s.packet();
    deliver(new Endpoint(s.from().address, ike.fromPort()), s.to(), ike);
    check();
  }

  Sent loseHeld(int index) {
    return held.remove(index);
  }

  /** Loses the first packet that {@code filter} selects. */
  void loseOne(Predicate<Sent> filter) {
    losing = trap(filter);
  }

  void transmit(Host from, Endpoint to, Packet original) {
    Sent sending = new Sent(now, from, to, original);
    if (original instanceof Ike ike) {
      wire.sent(from, ike.message());
    }
    if (recording && original instanceof Ike) {
      sent.add(sending);
    }
    if (losing != null && losing.catches(sending)) {
      losing = null;
      return;
    }
    if (holds.stream().anyMatch(h -> h.catches(sending))) {
      held.add(sending);
      return;
    }
    Packet packet = network.corrupted(tampering.apply(original));
    if (filters.stream().anyMatch(f -> f.test(packet)) || network.loses()) {
      return;
    }
    int copies = network.duplicates() ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      int port = packet instanceof Ike ike ? ike.fromPort() : Ports.IKE_NAT_TRAVERSAL;
      Endpoint source = network.seenFrom(new Endpoint(from.address, port));
      after(network.delay(), () -> deliver(source, network.delivered(to), packet));
    }
  }

  private void deliver(Endpoint source, Endpoint to, Packet packet) {
    Host host = hosts.get(to.address());
    if (host == null) {
      return;
    }
    host.arrives(() -> {
      switch (packet) {
        case Ike ike -> host.ike(ike.message(), source, to.port());
        case Esp esp -> host.esp(esp, source);
      }
    });
  }

  private final Map<Host, Instant> armed = new HashMap<>();

  private final Set<Host> changed = new LinkedHashSet<>();

  /** {@code host} has handled something: its invariants are checked when the event is over. */
  void changed(Host host) {
    changed.add(host);
  }

  private void check() {
    changed.forEach(host -> state.check(host, host.awake()));
    changed.clear();
  }

  void arm(Host host) {
    if (host.isStopped()) {
      return;
    }
    host.endpoint()
        .deadline()
        .map(host::inWorldTime)
        .ifPresent(at -> {
          Instant when = at.isAfter(now) ? at : now;
          if (!when.equals(armed.get(host))) {
            armed.put(host, when);
            events.add(
                new Event(
                    when,
                    order++,
                    () -> {
                      armed.remove(host, when);
                      if (!host.isStopped()) {
                        host.timer();
                      }
                    }));
          }
        });
  }

  void run(Duration duration) {
    Instant end = now.plus(duration);
    int steps = 0;
    while (!events.isEmpty() && !events.peek().at().isAfter(end)) {
      Event event = events.remove();
      steps = event.at().equals(now) ? steps + 1 : 0;
      if (steps > 10_000) {
        throw new AssertionError("time stands still at " + now + ": a deadline stays in the past");
      }
      now = event.at();
      event.action().run();
      handled++;
      check();
    }
    now = end;
  }
}
