package io.podseal.protocol.sim;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.MessageLog;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.ChildPolicy;
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
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
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

  /** Prints what every pod sends and receives, to follow a seed or a scenario. */
  private static final boolean PRINTS_MESSAGES = Boolean.getBoolean("podseal.messages");

  /** Datagrams and packets that wait for a stopped process. */
  private static final int BUFFER = 100;

  /** So long after the last packet reports change nothing: longer than any liveness interval. */
  private static final Duration REPORTS_AFTER_TRAFFIC = Duration.ofSeconds(15);

  final Identity identity;
  final InetAddress address;
  private final World world;
  private final long seed;
  private int incarnation;
  private IkeOptions options = IkeOptions.DEFAULT;
  private Duration skew = Duration.ZERO;
  private boolean stopped;
  private Instant stoppedAt = Instant.MIN;
  private Duration stoppedFor = Duration.ZERO;
  private final List<Runnable> buffered = new ArrayList<>();
  private Instant lastTraffic = Instant.MIN;
  private boolean reporting;
  private IkeEndpoint endpoint;
  final List<Peer> peers = new ArrayList<>();
  final List<Integer> received = new ArrayList<>();
  final List<ProtocolEvent> events = new ArrayList<>();
  final Map<DropReason, Integer> drops = new EnumMap<>(DropReason.class);
  int timersFired;
  final Plane plane;
  final WatchedCrypto crypto;

  /** Algorithms of peers declared from now on. */
  CryptoOffer offer = CryptoOffer.CLASSIC;

  final Keys keys = new Keys();

  Host(World world, String name, String address, long seed) {
    this.world = world;
    this.identity = new Identity(name);
    this.seed = seed;
    this.plane = new Plane(name);
    this.crypto = new WatchedCrypto(world.provider(), world.ledger());
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
    incarnation = 0;
    endpoint = newEndpoint();
  }

  private IkeEndpoint newEndpoint() {
    Random random = new Random(seed * 1000 + incarnation++);
    IkeOptions all = PRINTS_MESSAGES ? options.withMessages(printed()) : options;
    return new IkeEndpoint(new LocalPod(identity, address), crypto, random::nextBytes, keys, all);
  }

  private MessageLog printed() {
    return new MessageLog(
        () -> true, line -> System.out.println(world.now() + " " + identity + " " + line));
  }

  IkeEndpoint endpoint() {
    return endpoint;
  }

  /**
   * What the pod's clock says. The daemon's never goes back and never follows a step of the wall
   * clock; it may jump forward (a stopped process) or fall behind (a suspended machine).
   */
  Instant now() {
    return world.now().plus(skew);
  }

  /** When the pod's clock will say {@code instant}, in the world's time. */
  Instant inWorldTime(Instant instant) {
    return instant.minus(skew);
  }

  /** The clock leaps: a virtual machine was moved, or the process was stopped for so long. */
  void clockJumps(Duration ahead) {
    skew = skew.plus(ahead);
    timer();
    traffic();
  }

  boolean isStopped() {
    return stopped;
  }

  /** The pod does nothing for a while; what arrives meanwhile waits, as far as a buffer goes. */
  void stops() {
    stopped = true;
    stoppedAt = world.now();
  }

  /** What the host has lived through, whatever its clock says: leaps and pauses do not count. */
  Instant awake() {
    return (stopped ? stoppedAt : world.now()).minus(stoppedFor);
  }

  /**
   * Goes on.
   *
   * @param clockStood for so long: what a suspended machine's clock falls behind
   */
  void goesOn(Duration clockStood) {
    stopped = false;
    stoppedFor = stoppedFor.plus(Duration.between(stoppedAt, world.now()));
    skew = skew.minus(clockStood);
    timer();
    traffic();
    List<Runnable> all = List.copyOf(buffered);
    buffered.clear();
    all.forEach(Runnable::run);
  }

  /** Something arrives from outside. */
  void arrives(Runnable input) {
    if (!stopped) {
      input.run();
    } else if (buffered.size() < BUFFER) {
      buffered.add(input);
    }
  }

  /** Declares {@code other} a peer, with one pre-shared key per epoch, newest first. */
  void knows(Host other, Lifetimes lifetimes, PresharedKey... keys) {
    knows(other, lifetimes, offer, ChildPolicy.BETWEEN_PODS, keys);
  }

  void knows(
      Host other,
      Lifetimes lifetimes,
      CryptoOffer crypto,
      ChildPolicy child,
      PresharedKey... keys) {
    Peer peer =
        new Peer(
            other.identity,
            other.identity.name(),
            List.of(other.address),
            List.of(keys),
            crypto,
            lifetimes,
            child);
    peers.removeIf(p -> p.identity().equals(other.identity));
    peers.add(peer);
    run(endpoint.putPeers(List.of(copy(peer)), now()));
  }

  private static Peer copy(Peer p) {
    return new Peer(
        p.identity(),
        p.label(),
        p.addresses(),
        p.keys().stream().map(Host::copy).toList(),
        p.crypto(),
        p.lifetimes(),
        p.child());
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
        epoch, SecretBytes.copyOf(text.getBytes(StandardCharsets.US_ASCII)), true);
  }

  void forgets(Host other) {
    peers.removeIf(p -> p.identity().equals(other.identity));
    run(endpoint.removePeers(List.of(other.identity), now()));
  }

  /** The process dies without a word and starts again with the same peers. */
  void restart() {
    plane.clear();
    endpoint = newEndpoint();
    world.state.restarted(this);
    run(endpoint.putPeers(peers.stream().map(Host::copy).toList(), now()));
  }

  /**
   * The application sends packet {@code number}; it waits in the TUN device while we are stopped.
   */
  void send(Host to, int number) {
    arrives(() -> seal(to, number));
  }

  private void seal(Host to, int number) {
    Plane.Child child = plane.outbound(to.identity);
    if (child == null) {
      plane.hold(to.identity, number);
      run(endpoint.sealingNeeded(to.identity, now()));
    } else {
      emit(child, number);
    }
  }

  private void emit(Plane.Child child, int number) {
    child.lastOutbound = now();
    traffic();
    world.state.sends(this, child, awake());
    world.transmit(this, child.remote, new World.Esp(child.outboundSpi, child.outboundKey, number));
  }

  void esp(World.Esp packet, Endpoint from) {
    Plane.Child child = plane.byInbound(packet.spi());
    if (child == null) {
      drops.merge(DropReason.ESP_UNKNOWN_SPI, 1, Integer::sum);
      run(endpoint.unknownSpi(packet.spi(), from, now()));
      return;
    }
    if (!child.inboundKey.equals(packet.key())) {
      throw new AssertionError("the two ends of SPI " + packet.spi() + " hold different keys");
    }
    received.add(packet.number());
    child.lastInbound = now();
    traffic();
    if (!child.heard) {
      child.heard = true;
      run(endpoint.firstInbound(packet.spi(), now()));
    }
    // As the daemon's data plane does: each new source once.
    boolean news = !from.equals(child.remote) && !from.equals(child.moveReported);
    child.moveReported = from.equals(child.remote) ? null : from;
    if (news) {
      run(endpoint.remoteMoved(packet.spi(), from, now()));
    }
  }

  List<Action> ike(byte[] message, Endpoint from, int localPort) {
    world.wire.delivered(this, message);
    List<Action> actions =
        endpoint.datagram(message, from, new Endpoint(address, localPort), now());
    long answers =
        actions.stream()
            .filter(a -> a instanceof Action.Send s && beginsAnswer(s.message()))
            .count();
    if (answers > 1 || (answers == 1 && (message[FLAGS] & RESPONSE) != 0)) {
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
    world.changed(this);
    run(endpoint.timer(now()));
  }

  /** The daemon reports every second; without traffic the same report again changes nothing. */
  private void traffic() {
    lastTraffic = now();
    if (!reporting) {
      reporting = true;
      world.after(Duration.ofSeconds(1), this::report);
    }
  }

  private void report() {
    reporting = false;
    if (!stopped) {
      reportTraffic();
    }
    if (lastTraffic.plus(REPORTS_AFTER_TRAFFIC).isAfter(now())) {
      reporting = true;
      world.after(Duration.ofSeconds(1), this::report);
    }
  }

  void reportTraffic() {
    List<Action> actions = new ArrayList<>();
    for (Plane.Child c : plane.children()) {
      boolean nothingNew = c.lastReport != null && !c.lastReport.isBefore(c.lastTraffic());
      if (nothingNew && !c.isUnanswered()) {
        continue;
      }
      c.lastReport = now();
      actions.addAll(endpoint.traffic(c.inboundSpi, c.lastInbound, c.lastOutbound, now()));
    }
    run(actions);
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
        case Action.StopSending s -> plane.stopSending(s.inboundSpi());
        case Action.MoveRemote m -> plane.move(m);
        case Action.RemoveChild r -> plane.remove(r.inboundSpi());
        case Action.Drop d -> drops.merge(d.reason(), 1, Integer::sum);
        case Action.Emit e -> {
          events.add(e.event());
          world.trace(this, e.event());
        }
      }
    }
    if (!actions.isEmpty()) {
      world.changed(this);
    }
    world.arm(this);
  }

  private void install(Action.InstallChild c) {
    Plane.Child child = plane.install(c, now());
    world.ledger().sealsWith(child.outboundKey, identity + "'s child SA");
    world.state.installed(this, child);
  }

  private void select(int spi) {
    Plane.Child child = plane.required(spi);
    Plane.Child before = plane.outbound(child.peer);
    boolean over = before != null && isOver(before);
    plane.select(child);
    world.trace(this, child);
    world.state.selected(this, child, over, now());
    plane.released(child.peer).forEach(n -> emit(child, n));
  }

  /** Whether the hard lifetime that we gave {@code child} has passed. */
  private boolean isOver(Plane.Child child) {
    return peers.stream()
        .filter(p -> p.identity().equals(child.peer))
        .map(p -> child.installedAt.plus(Lifetimes.hard(p.lifetimes().child())))
        .anyMatch(at -> !at.isAfter(now()));
  }

  Optional<Integer> outboundTo(Host other) {
    return Optional.ofNullable(plane.outbound(other.identity)).map(c -> c.inboundSpi);
  }

  /** The SPI that {@code other} receives our traffic on. */
  Optional<Integer> outboundSpiTo(Host other) {
    return Optional.ofNullable(plane.outbound(other.identity)).map(c -> c.outboundSpi);
  }

  boolean receivesOn(int spi) {
    return plane.byInbound(spi) != null;
  }

  int drops(DropReason reason) {
    return drops.getOrDefault(reason, 0);
  }

  /** The SA that we send to {@code other} on. */
  Optional<Action.InstallChild> childTo(Host other) {
    return Optional.ofNullable(plane.outbound(other.identity)).map(c -> c.made);
  }

  int childrenWith(Host other) {
    return (int) plane.children().stream().filter(c -> c.peer.equals(other.identity)).count();
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
