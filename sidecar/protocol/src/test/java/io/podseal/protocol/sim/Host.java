package io.podseal.protocol.sim;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** One pod: an IKE endpoint and a data plane that checks keys instead of encrypting. */
final class Host {
  private static final int FLAGS = 19;
  private static final int RESPONSE = 0x20;
  private static final int NEXT_PAYLOAD = 16;
  private static final int FRAGMENT = 53;
  private static final int FRAGMENT_NUMBER = 33;

  final Identity identity;
  final InetAddress address;
  private final World world;
  private final long seed;
  private int incarnation;
  private IkeOptions options = IkeOptions.DEFAULT;
  private IkeEndpoint endpoint;
  private final Map<Integer, Action.InstallChild> installed = new HashMap<>();
  private final Map<Identity, Integer> outbound = new HashMap<>();
  private final Map<Identity, Deque<Integer>> held = new HashMap<>();
  private final Map<Integer, Endpoint> remotes = new HashMap<>();
  private final Map<Integer, Instant> lastInbound = new HashMap<>();
  private final Map<Integer, Instant> lastOutbound = new HashMap<>();
  private final Map<Bytes, Integer> everUsedKeys = new HashMap<>();
  private final Map<Integer, Boolean> heard = new HashMap<>();
  final List<Peer> peers = new ArrayList<>();
  final List<Integer> received = new ArrayList<>();
  final List<ProtocolEvent> events = new ArrayList<>();
  final Map<DropReason, Integer> drops = new EnumMap<>(DropReason.class);
  int timersFired;

  /** Algorithms of peers declared from now on. */
  CryptoOffer offer = CryptoOffer.DEFAULT;

  final WatchedCrypto crypto = new WatchedCrypto();
  final Keys keys = new Keys();

  Host(World world, String name, String address, long seed) {
    this.world = world;
    this.identity = new Identity(name);
    this.seed = seed;
    try {
      this.address = InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
    this.endpoint = newEndpoint();
  }

  /** Starts over with these options; before anything is declared. */
  void options(IkeOptions value) {
    options = value;
    endpoint = newEndpoint();
  }

  private IkeEndpoint newEndpoint() {
    Random random = new Random(seed * 1000 + incarnation++);
    return new IkeEndpoint(
        new LocalPod(identity, address), crypto, random::nextBytes, keys, options);
  }

  IkeEndpoint endpoint() {
    return endpoint;
  }

  /** Declares {@code other} a peer, with one pre-shared key per epoch, newest first. */
  void knows(Host other, Lifetimes lifetimes, PresharedKey... keys) {
    Peer peer =
        new Peer(
            other.identity,
            other.identity.name(),
            List.of(other.address),
            List.of(keys),
            offer,
            lifetimes);
    peers.removeIf(p -> p.identity().equals(other.identity));
    peers.add(peer);
    run(endpoint.putPeers(List.of(copy(peer)), world.now()));
  }

  private static Peer copy(Peer p) {
    return new Peer(
        p.identity(),
        p.label(),
        p.addresses(),
        p.keys().stream().map(Host::copy).toList(),
        p.crypto(),
        p.lifetimes());
  }

  private static PresharedKey copy(PresharedKey k) {
    return new PresharedKey(
        k.epoch(),
        k.secret().copy(),
        k.mayInitiate(),
        k.ppk().map(p -> new Ppk(p.id(), p.secret().copy(), p.required())));
  }

  static PresharedKey key(int epoch, String text) {
    return new PresharedKey(
        epoch, SecretBytes.copyOf(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII)), true);
  }

  void forgets(Host other) {
    peers.removeIf(p -> p.identity().equals(other.identity));
    run(endpoint.removePeers(List.of(other.identity), world.now()));
  }

  /** The process dies without a word and starts again with the same peers. */
  void restart() {
    installed.values().forEach(c -> c.keys().destroy());
    installed.clear();
    outbound.clear();
    held.clear();
    remotes.clear();
    lastInbound.clear();
    lastOutbound.clear();
    heard.clear();
    endpoint = newEndpoint();
    run(endpoint.putPeers(peers.stream().map(Host::copy).toList(), world.now()));
  }

  /** The application sends packet {@code number}. */
  void send(Host to, int number) {
    Integer spi = outbound.get(to.identity);
    if (spi == null) {
      held.computeIfAbsent(to.identity, i -> new ArrayDeque<>()).add(number);
      run(endpoint.sealingNeeded(to.identity, world.now()));
      return;
    }
    emit(spi, number);
  }

  private void emit(int inboundSpi, int number) {
    Action.InstallChild child = installed(inboundSpi);
    lastOutbound.put(inboundSpi, world.now());
    Endpoint remote = remotes.getOrDefault(inboundSpi, child.remote());
    world.transmit(
        this,
        remote,
        new World.Esp(
            child.keys().outboundSpi(), child.keys().outbound().use(Bytes::copyOf), number));
  }

  private Action.InstallChild installed(int spi) {
    Action.InstallChild child = installed.get(spi);
    if (child == null) {
      throw new AssertionError(identity + " uses SPI " + spi + " that is not installed");
    }
    return child;
  }

  void esp(World.Esp packet, Endpoint from) {
    Action.InstallChild child = installed.get(packet.spi());
    if (child == null) {
      drops.merge(DropReason.ESP_UNKNOWN_SPI, 1, Integer::sum);
      run(endpoint.unknownSpi(packet.spi(), from, world.now()));
      return;
    }
    if (!child.keys().inbound().use(Bytes::copyOf).equals(packet.key())) {
      throw new AssertionError("the two ends of SPI " + packet.spi() + " hold different keys");
    }
    received.add(packet.number());
    lastInbound.put(packet.spi(), world.now());
    if (heard.put(packet.spi(), true) == null) {
      run(endpoint.firstInbound(packet.spi(), world.now()));
    }
    if (!from.equals(remotes.get(packet.spi()))) {
      run(endpoint.remoteMoved(packet.spi(), from, world.now()));
    }
  }

  List<Action> ike(byte[] message, Endpoint from, int localPort) {
    List<Action> actions =
        endpoint.datagram(message, from, new Endpoint(address, localPort), world.now());
    long answers =
        actions.stream()
            .filter(a -> a instanceof Action.Send s && beginsAnswer(s.message()))
            .count();
    if (answers > 1) {
      throw new AssertionError(identity + " answers one datagram " + answers + " times");
    }
    run(actions);
    return actions;
  }

  /** A response, or the first fragment of one. */
  private static boolean beginsAnswer(byte[] message) {
    boolean laterFragment = message[NEXT_PAYLOAD] == FRAGMENT && message[FRAGMENT_NUMBER] != 1;
    return (message[FLAGS] & RESPONSE) != 0 && !laterFragment;
  }

  void timer() {
    timersFired++;
    run(endpoint.timer(world.now()));
  }

  /** What the daemon does every second. */
  void reportTraffic() {
    for (int spi : List.copyOf(installed.keySet())) {
      run(
          endpoint.traffic(
              spi,
              lastInbound.getOrDefault(spi, Instant.MIN),
              lastOutbound.getOrDefault(spi, Instant.MIN),
              world.now()));
    }
  }

  void run(List<Action> actions) {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s ->
            world.transmit(
                this,
                s.to(),
                new World.Ike(s.message(), s.encapsulated() ? Ports.IKE_NAT_TRAVERSAL : Ports.IKE));
        case Action.Keepalive k -> world.keepalives++;
        case Action.InstallChild c -> install(c);
        case Action.SelectOutbound s -> select(s.inboundSpi());
        case Action.MoveRemote m -> remotes.put(m.inboundSpi(), m.to());
        case Action.RemoveChild r -> remove(r.inboundSpi());
        case Action.Drop d -> drops.merge(d.reason(), 1, Integer::sum);
        case Action.Emit e -> {
          events.add(e.event());
          world.trace(identity + " " + e.event());
        }
      }
    }
    world.arm(this);
  }

  private void install(Action.InstallChild c) {
    Bytes key = c.keys().outbound().use(Bytes::copyOf);
    if (everUsedKeys.put(key, c.keys().outboundSpi()) != null) {
      throw new AssertionError("an outbound key was used for two child SAs");
    }
    if (installed.put(c.keys().inboundSpi(), c) != null) {
      throw new AssertionError("SPI installed twice");
    }
    remotes.put(c.keys().inboundSpi(), c.remote());
  }

  private void select(int spi) {
    Identity peer = installed(spi).peer();
    outbound.put(peer, spi);
    Deque<Integer> waiting = held.remove(peer);
    if (waiting != null) {
      waiting.forEach(n -> emit(spi, n));
    }
  }

  private void remove(int spi) {
    Action.InstallChild gone = installed(spi);
    installed.remove(spi);
    outbound.remove(gone.peer(), spi);
    gone.keys().destroy();
  }

  Optional<Integer> outboundTo(Host other) {
    return Optional.ofNullable(outbound.get(other.identity));
  }

  /** The SPI that {@code other} receives our traffic on. */
  Optional<Integer> outboundSpiTo(Host other) {
    return outboundTo(other).map(s -> installed(s).keys().outboundSpi());
  }

  boolean receivesOn(int spi) {
    return installed.containsKey(spi);
  }

  int drops(DropReason reason) {
    return drops.getOrDefault(reason, 0);
  }

  int childrenWith(Host other) {
    return (int) installed.values().stream().filter(c -> c.peer().equals(other.identity)).count();
  }

  List<IkeSa> establishedWith(Host other) {
    return endpoint.established().stream()
        .filter(s -> s.peer().filter(other.identity::equals).isPresent())
        .toList();
  }

  <E extends ProtocolEvent> List<E> events(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
