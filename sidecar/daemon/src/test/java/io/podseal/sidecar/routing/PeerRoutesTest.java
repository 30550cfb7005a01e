package io.podseal.sidecar.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.sidecar.linux.LinuxException;
import io.podseal.sidecar.linux.NetworkNamespace;
import io.podseal.sidecar.linux.TunDevice;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the routing code does, as iproute2 sees it. */
@Tag("netns")
final class PeerRoutesTest {
  private static final String TUN = "seal0";

  /** The kernel's three, two for the daemon, eleven for protocols. */
  private static final int SERVICE_MARK = 0x5053_0000;

  private static final int RULES = 17;

  private final Inet4Address pod = address("10.8.0.1");
  private final Inet4Address b = address("10.8.0.2");
  private final Inet4Address c = address("10.8.9.3");

  private NetworkNamespace namespace;

  @BeforeEach
  void createPod() throws Exception {
    namespace = new NetworkNamespace("routes");
    namespace.sh(
        "ip link add eth0 type veth peer name node0; ip link set eth0 up mtu 1450; ip link set node0 up; ip addr add 10.8.0.1/24 dev"
            + " eth0");
  }

  @AfterEach
  void removePod() throws Exception {
    namespace.close();
  }

  @Test
  void deviceIsUpWithItsMtuAndWithoutIpv6Addresses() throws Exception {
    try (TunDevice tun = tun();
        PeerRoutes routes = up(1450)) {
      assertThat(namespace.sh("ip -d link show " + TUN))
          .contains("mtu 65480", "UP", "addrgenmode none", "qlen 1000");
      assertThat(namespace.sh("ip -6 addr show dev " + TUN)).isEmpty();
      assertThat(tun.name()).isEqualTo(TUN);
      assertThat(routes).isNotNull();
    }
  }

  @Test
  void rulesSendTheDaemonByTheMainTableAndTheRestByTheTableOfPeers() throws Exception {
    try (TunDevice tun = tun();
        PeerRoutes routes = up(1500)) {
      assertThat(namespace.sh("ip rule").lines().map(l -> l.replaceAll("\\s+", " ").strip()))
          .as("rules beside %s %s", tun, routes)
          .startsWith(
              "0: from all lookup local",
              "100: from all ipproto udp sport 4500 lookup main",
              "100: from all ipproto udp sport 500 lookup main")
          .contains(
              "105: from all fwmark 0x50530000/0x50530000 lookup 4500",
              "110: from all ipproto tcp lookup 4500",
              "110: from all ipproto udp lookup 4500",
              "110: from all ipproto icmp lookup 4500",
              "110: from all ipproto sctp lookup 4500")
          .hasSize(RULES);
    }
  }

  @Test
  void routeToAPeerHasSourceLockedMtuAndTheMssThatFitsTheLink() throws Exception {
    try (TunDevice tun = tun();
        PeerRoutes routes = up(1500)) {
      namespace.call(() -> change(routes, Set.of(b)));

      assertThat(namespace.sh("ip route show table 4500"))
          .isEqualToNormalizingWhitespace(
              "10.8.0.2 dev %s proto static scope link src 10.8.0.1 mtu lock 65480 advmss 1418"
                  .formatted(tun.name()));
      assertThat(namespace.sh("ip route get 10.8.0.2 ipproto icmp"))
          .contains("dev " + TUN, "src 10.8.0.1");
      assertThat(namespace.sh("ip route get 10.8.0.2 ipproto udp sport 4500")).contains("dev eth0");
      assertThat(namespace.sh("ip route get 10.8.0.2 ipproto tcp sport 4500"))
          .contains("dev " + TUN);
    }
  }

  @Test
  void peersComeAndGoOneByOne() throws Exception {
    try (TunDevice tun = tun();
        PeerRoutes routes = up(1450)) {
      namespace.call(() -> change(routes, Set.of(b, c)));
      assertThat(table()).as("on %s", tun).containsOnlyOnce("10.8.0.2").contains("10.8.9.3");

      namespace.call(() -> change(routes, Set.of(c)));
      assertThat(table()).doesNotContain("10.8.0.2").contains("10.8.9.3", "advmss 1366");

      namespace.sh("ip route flush table 4500");
      namespace.call(() -> change(routes, Set.of()));
      assertThat(table()).isEmpty();
    }
  }

  @Test
  void successorOfAKilledProcessFindsTheRulesAndDoesNotDoubleThem() throws Exception {
    try (TunDevice killed = tun();
        PeerRoutes routes = up(1500)) {
      assertThat(killed.name()).isEqualTo(TUN);
      namespace.call(() -> change(routes, Set.of(b)));
    }
    assertThat(table()).as("routes vanish with the device").isEmpty();

    try (TunDevice successor = tun();
        PeerRoutes routes = up(1500)) {
      namespace.call(() -> change(routes, Set.of(b)));
      assertThat(namespace.sh("ip rule").lines()).hasSize(RULES);
      assertThat(table()).contains("10.8.0.2 dev " + successor.name());
    }
  }

  @Test
  void missingDeviceIsNamed() {
    assertThatThrownBy(() -> up(1500))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("find interface " + TUN)
        .hasMessageContaining("ENODEV");
  }

  @Test
  void uplinkIsTheLinkWithThePodsAddress() throws Exception {
    Uplink uplink = namespace.call(() -> Uplink.of(pod));

    assertThat(uplink.name()).isEqualTo("eth0");
    assertThat(uplink.mtu()).isEqualTo(1450);
    assertThatThrownBy(() -> namespace.call(() -> Uplink.of(b)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("10.8.0.2");
  }

  private TunDevice tun() throws Exception {
    return namespace.call(() -> TunDevice.open(TUN, false));
  }

  private PeerRoutes up(int linkMtu) throws Exception {
    return namespace.call(() -> PeerRoutes.up(TUN, pod, 4500, SERVICE_MARK, linkMtu));
  }

  private static boolean change(PeerRoutes routes, Set<Inet4Address> peers) {
    routes.peers(peers);
    return true;
  }

  private String table() throws Exception {
    return namespace.sh("ip route show table 4500 2>/dev/null || true");
  }

  private static Inet4Address address(String s) {
    try {
      return (Inet4Address) InetAddress.getByName(s);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(s, e);
    }
  }
}
