package io.podseal.sidecar;

import io.podseal.control.v1.PolicyUpdate;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.sidecar.control.ControlClient;
import io.podseal.sidecar.control.ControlListener;
import io.podseal.sidecar.control.ControllerAddress;
import io.podseal.sidecar.jca.SidecarCrypto;
import io.podseal.sidecar.obs.HttpEndpoint;
import io.podseal.sidecar.obs.SidecarMetrics;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Runs what a sidecar runs at start, between two endpoints in memory, so that an AOT cache knows
 * its classes and profiles: the self-test, handshakes, the health endpoint, and a failing control
 * connection.
 */
final class Training {
  private static final int HANDSHAKES = 50;

  private record Wire(byte[] message, Endpoint from, Endpoint to) {}

  void run() throws UnknownHostException, InterruptedException {
    StartUpSelfTest.begin(new SidecarCrypto()).await();
    SidecarMetrics metrics = new SidecarMetrics(sas -> {});
    for (int i = 0; i < HANDSHAKES; i++) {
      handshake(metrics);
    }
    try (HttpEndpoint http =
            new HttpEndpoint(
                0,
                Map.of(
                    "/metrics",
                    HttpEndpoint.Page.of(
                        true, () -> HttpEndpoint.Answer.ok("text/plain", metrics.scrape()))));
        ControlClient client = unreachable(http.port())) {
      client.start();
      failed.await(5, TimeUnit.SECONDS);
    }
  }

  private final CountDownLatch failed = new CountDownLatch(1);

  private ControlClient unreachable(int port) {
    return new ControlClient(
        new ControllerAddress(
            "127.0.0.1", port, "localhost", Path.of("/nonexistent"), Path.of("/nonexistent")),
        Version.current(),
        "userspace",
        new ControlListener() {
          @Override
          public void policy(PolicyUpdate update) {}

          @Override
          public void connected() {}

          @Override
          public void disconnected(String why) {
            failed.countDown();
          }
        });
  }

  private static void handshake(SidecarMetrics metrics) throws UnknownHostException {
    InetAddress a = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
    InetAddress b = InetAddress.getByAddress(new byte[] {10, 0, 0, 2});
    SecureRandom random = new SecureRandom();
    IkeEndpoint first = endpoint("a", a, random);
    IkeEndpoint second = endpoint("b", b, random);
    Instant now = Instant.EPOCH;
    byte[] key = new byte[32];
    random.nextBytes(key);
    first.putPeers(List.of(peer("b", b, key)), now);
    second.putPeers(List.of(peer("a", a, key)), now);
    Deque<Wire> wire = new ArrayDeque<>();
    List<ChildSaKeys> installed = new ArrayList<>();
    run(first.sealingNeeded(new Identity("b"), now), a, wire, installed, metrics);
    while (!wire.isEmpty()) {
      Wire w = wire.removeFirst();
      boolean toSecond = w.to().address().equals(b);
      IkeEndpoint receiver = toSecond ? second : first;
      run(
          receiver.datagram(w.message(), w.from(), w.to(), now),
          w.to().address(),
          wire,
          installed,
          metrics);
    }
    if (installed.size() != 2) {
      throw new IllegalStateException("the training handshake failed");
    }
    installed.forEach(ChildSaKeys::destroy);
  }

  private static IkeEndpoint endpoint(String name, InetAddress address, SecureRandom random) {
    return new IkeEndpoint(
        new LocalPod(new Identity(name), address),
        new SidecarCrypto(),
        random::nextBytes,
        KeyLog.NONE);
  }

  private static Peer peer(String name, InetAddress address, byte[] key) {
    return new Peer(
        new Identity(name),
        name,
        List.of(address),
        List.of(new PresharedKey(1, SecretBytes.copyOf(key), true)),
        CryptoOffer.DEFAULT,
        Lifetimes.DEFAULT);
  }

  private static void run(
      List<Action> actions,
      InetAddress self,
      Deque<Wire> wire,
      List<ChildSaKeys> installed,
      SidecarMetrics metrics) {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s -> {
          int port = s.encapsulated() ? Ports.IKE_NAT_TRAVERSAL : Ports.IKE;
          wire.addLast(new Wire(s.message(), new Endpoint(self, port), s.to()));
        }
        case Action.InstallChild c -> installed.add(c.keys());
        case Action.Emit e -> metrics.count(e.event());
        default -> {}
      }
    }
  }
}
