package io.podseal.sidecar.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.podseal.sidecar.firewall.Firewall;
import io.podseal.sidecar.firewall.FirewallPeer;
import io.podseal.sidecar.firewall.FirewallPolicy;
import io.podseal.sidecar.firewall.PortRule;
import io.podseal.sidecar.lab.BufferLeaks;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Wire;
import io.podseal.sidecar.linux.TunDevice;
import io.podseal.sidecar.routing.PeerRoutes;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Probes of an application whose port is closed to all who ask in clear. */
@Tag("netns")
@ExtendWith(BufferLeaks.class)
final class StrictPortProbeTest {
  private static final int PORT = 8080;
  private static final int MARK = 0x504f;
  private static final String TUN = "seal0";

  @Test
  void probeReachesAStrictPortByLoopbackUnderAStrictReversePathFilter() throws Exception {
    try (Lab lab = new Lab(Lab.Topology.BRIDGED, 3)) {
      Pod pod = lab.pod(1);
      lab.reversePathFilter(1);
      HttpServer application =
          pod.namespace()
              .call(() -> HttpServer.create(new InetSocketAddress(pod.address(), PORT), 0));
      application.createContext(
          "/",
          exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      application.start();
      assertThat(reaches(lab.pod(3), pod)).as("without a table").isTrue();
      try (TunDevice _ = pod.namespace().call(() -> TunDevice.open(TUN, false));
          PeerRoutes _ = pod.namespace().call(() -> sealed(pod, lab.pod(2)));
          Prober prober = prober(pod)) {
        assertThat(reaches(lab.pod(3), pod)).isFalse();

        List<byte[]> seen;
        try (Wire loopback = new Wire(pod.namespace(), "lo")) {
          seen = loopback.packets();
          for (String key : prober.keys()) {
            Outcome outcome =
                pod.namespace().call(() -> prober.perform(key).get(10, TimeUnit.SECONDS));
            assertThat(outcome).as(key).isEqualTo(Outcome.SUCCEEDED);
          }
        }
        assertThat(seen).isNotEmpty();
      } finally {
        application.stop(0);
      }
    }
  }

  /** Table, TUN and routes as a sidecar has them, with a peer. */
  private static PeerRoutes sealed(Pod pod, Pod peer) {
    new Firewall()
        .apply(
            new FirewallPolicy(
                TUN,
                MARK,
                4500,
                List.of(new FirewallPeer(List.of(peer.address()), List.of())),
                List.of(new PortRule(6, PORT, 0)),
                List.of(9808),
                List.of(),
                List.of()));
    PeerRoutes routes = PeerRoutes.up(TUN, pod.address(), 4500, Firewall.SERVICE_MARK, 1500);
    routes.peers(Set.of(peer.address()));
    return routes;
  }

  private static Prober prober(Pod pod) {
    String probes =
        """
        {"web/livenessProbe": {"httpGet": {"port": %1$d}, "timeoutSeconds": 2},
         "web/startupProbe": {"tcpSocket": {"port": %1$d}, "timeoutSeconds": 2}}
        """
            .formatted(PORT);
    return new Prober(Probes.parse(probes, pod.ip()), _ -> {});
  }

  private static boolean reaches(Pod stranger, Pod pod) throws Exception {
    return stranger
        .namespace()
        .call(() -> {
          try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(pod.address(), PORT), 400);
            return true;
          } catch (SocketTimeoutException dropped) {
            return false;
          }
        });
  }
}
