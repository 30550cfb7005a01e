package io.podseal.protocol.bench;

import io.podseal.protocol.bench.Spent.End;
import io.podseal.protocol.bench.Spent.Stage;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.udpencap.Ports;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One IKE endpoint that keeps its SAs, the hub, and peers of it, each an endpoint of its own that
 * lives for one handshake. Datagrams pass in memory at once; time is virtual.
 */
final class Star {
  /** Longer than a key exchange's share of the responder's budget for strangers. */
  private static final Duration BETWEEN_HANDSHAKES = Duration.ofMillis(10);

  private static final int EXCHANGE_TYPE = 18;
  private static final int KEY_LENGTH = 32;
  private static final LocalPod HUB = new LocalPod(new Identity("hub"), address(0));

  private final CryptoProvider crypto;
  private final RandomSource random;
  private final End hubIs;
  private final CryptoOffer offer;
  private final IkeEndpoint hub;
  private final List<Peer> peers;
  private final List<Integer> inboundSpis = new ArrayList<>();
  private final List<Flying> lastRequests = new ArrayList<>();
  private boolean noting;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private int done;

  /** A datagram on its way. */
  record Flying(byte[] message, Endpoint from, Endpoint to) {}

  /** One end of the handshake that runs. */
  private record Party(End end, LocalPod pod, IkeEndpoint endpoint) {}

  /** What is seen of one handshake. */
  private static final class Seen {
    int established;
    int children;
    int drops;
  }

  Star(CryptoProvider crypto, End hubIs, CryptoOffer offer, int size) {
    this(crypto, new SecureRandom()::nextBytes, hubIs, offer, size);
  }

  Star(CryptoProvider crypto, RandomSource random, End hubIs, CryptoOffer offer, int size) {
    this.crypto = crypto;
    this.random = random;
    this.hubIs = hubIs;
    this.offer = offer;
    this.hub = endpoint(HUB);
    this.peers = IntStream.rangeClosed(1, size).mapToObj(i -> peer(spoke(i), offer)).toList();
    hub.putPeers(peers, now);
  }

  private static LocalPod spoke(int number) {
    return new LocalPod(new Identity("spoke-" + number), address(number));
  }

  private static InetAddress address(int number) {
    byte[] octets = {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number};
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private IkeEndpoint endpoint(LocalPod pod) {
    IkeOptions options = IkeOptions.DEFAULT.withIkeSas(Integer.MAX_VALUE);
    return new IkeEndpoint(pod, crypto, random, KeyLog.NONE, options);
  }

  private static Peer peer(LocalPod pod, CryptoOffer offer) {
    PresharedKey key = new PresharedKey(1, SecretBytes.adopt(new byte[KEY_LENGTH]), true);
    return new Peer(
        pod.identity(),
        pod.identity().name(),
        List.of(pod.address()),
        List.of(key),
        offer,
        Lifetimes.DEFAULT);
  }

  IkeEndpoint hub() {
    return hub;
  }

  Instant now() {
    return now;
  }

  void now(Instant value) {
    now = value;
  }

  /** From now on keeps what {@link #inboundSpis} and {@link #lastRequests} give. */
  void note() {
    noting = true;
  }

  /** The SPIs that the hub receives on. */
  List<Integer> inboundSpis() {
    return inboundSpis;
  }

  /** The last request of each handshake, if the hub is the responder. */
  List<Flying> lastRequests() {
    return lastRequests;
  }

  /** A handshake with each peer. */
  void fill(boolean withChild, Spent spent) {
    fill(peers.size(), withChild, spent);
  }

  /** A handshake with each of the first {@code count} peers. */
  void fill(int count, boolean withChild, Spent spent) {
    while (done < count) {
      elapse();
      handshake(withChild, spent);
    }
  }

  /** Lets the time between two handshakes pass. */
  void elapse() {
    now = now.plus(BETWEEN_HANDSHAKES);
    runTimers();
  }

  /** The handshake with the next peer. */
  void handshake(boolean withChild, Spent spent) {
    LocalPod pod = spoke(++done);
    IkeEndpoint endpoint = endpoint(pod);
    endpoint.putPeers(List.of(peer(HUB, offer)), now);
    Party center = new Party(hubIs, HUB, hub);
    Party outer = new Party(hubIs == End.INITIATOR ? End.RESPONDER : End.INITIATOR, pod, endpoint);
    Party initiator = hubIs == End.INITIATOR ? center : outer;
    Party responder = hubIs == End.INITIATOR ? outer : center;
    Deque<Flying> queue = new ArrayDeque<>();
    Seen seen = new Seen();
    Identity peer = responder.pod().identity();
    List<Action> begun =
        spent.measured(
            End.INITIATOR,
            Stage.BEGIN,
            () ->
                withChild
                    ? initiator.endpoint().sealingNeeded(peer, now)
                    : initiator.endpoint().connect(peer, now));
    take(begun, initiator, queue, seen);
    while (!queue.isEmpty()) {
      Flying next = queue.removeFirst();
      Party to = next.to().address().equals(initiator.pod().address()) ? initiator : responder;
      if (noting && to.equals(center) && stage(next.message()) == Stage.IKE_AUTH) {
        lastRequests.add(next);
      }
      List<Action> actions =
          spent.measured(
              to.end(),
              stage(next.message()),
              () -> to.endpoint().datagram(next.message(), next.from(), next.to(), now));
      take(actions, to, queue, seen);
    }
    if (seen.established != 2 || seen.children != (withChild ? 2 : 0) || seen.drops != 0) {
      throw new IllegalStateException(
          "handshake %d: %d ends established, %d installed a child, %d datagrams dropped"
              .formatted(done, seen.established, seen.children, seen.drops));
    }
    spent.handshakeDone();
  }

  private void runTimers() {
    while (hub.deadline().filter(at -> !at.isAfter(now)).isPresent()) {
      hub.timer(now);
    }
  }

  private void take(List<Action> actions, Party party, Deque<Flying> queue, Seen seen) {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s -> {
          int port = s.encapsulated() ? Ports.IKE_NAT_TRAVERSAL : Ports.IKE;
          queue.addLast(new Flying(s.message(), new Endpoint(party.pod().address(), port), s.to()));
        }
        case Action.InstallChild c -> {
          seen.children++;
          if (noting && party.endpoint() == hub) {
            inboundSpis.add(c.keys().inboundSpi());
          }
          c.keys().destroy();
        }
        case Action.Emit(ProtocolEvent.IkeSaEstablished e) -> seen.established++;
        case Action.Drop d -> seen.drops++;
        default -> {}
      }
    }
  }

  private static Stage stage(byte[] message) {
    int exchange = message[EXCHANGE_TYPE];
    if (exchange == ExchangeType.IKE_SA_INIT.id()) {
      return Stage.IKE_SA_INIT;
    }
    return exchange == ExchangeType.IKE_INTERMEDIATE.id() ? Stage.IKE_INTERMEDIATE : Stage.IKE_AUTH;
  }
}
