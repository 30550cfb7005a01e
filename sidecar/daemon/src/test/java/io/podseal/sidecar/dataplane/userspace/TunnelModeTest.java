package io.podseal.sidecar.dataplane.userspace;

import static io.podseal.sidecar.dataplane.userspace.SealedPod.TUN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.lab.Echo;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Lab.Topology;
import io.podseal.sidecar.lab.Wire;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Two planes with the suites, modes and selectors that peers other than Podseal ask for. */
@Tag("netns")
final class TunnelModeTest {
  private static final int PORT = 4500;
  private static final EspSuite CHACHA =
      EspSuite.aead(EncryptionAlgorithm.CHACHA20_POLY1305, false);
  private static final EspSuite CBC =
      cbc(EncryptionAlgorithm.AES_CBC_256, IntegrityAlgorithm.HMAC_SHA2_256_128, false);

  static List<Arguments> suites() {
    return List.of(
        Arguments.of(CHACHA, ChildMode.TUNNEL, true),
        Arguments.of(CHACHA, ChildMode.TRANSPORT, true),
        Arguments.of(CBC, ChildMode.TUNNEL, true),
        Arguments.of(CBC, ChildMode.TUNNEL, false),
        Arguments.of(CBC, ChildMode.TRANSPORT, true),
        Arguments.of(
            cbc(EncryptionAlgorithm.AES_CBC_128, IntegrityAlgorithm.HMAC_SHA2_512_256, true),
            ChildMode.TUNNEL,
            true),
        Arguments.of(
            EspSuite.aead(EncryptionAlgorithm.AES_GCM_16_128, false), ChildMode.TUNNEL, false));
  }

  @ParameterizedTest(name = "{0}, {1}, offload {2}")
  @MethodSource("suites")
  void everyProtocolPassesSealedAndNothingPassesClear(
      EspSuite suite, ChildMode mode, boolean offload) throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT, offload);
          SealedPod b = SealedPod.open(two, one.address(), PORT, offload);
          Wire wire = new Wire(lab.node(), "veth1")) {
        connect(a, b, suite, mode);

        one.namespace().sh("ping -c2 -i0.2 -W2 " + two.ip());
        two.namespace().sh("ping -c1 -W2 -s 5000 " + one.ip());
        assertThat(Echo.tcp(one, two, 300_000)).isTrue();
        assertThat(Echo.tcp(two, one, 300_000)).isTrue();
        assertThat(Echo.udp(one, two, 20_000)).isTrue();
        assertThat(Echo.udp(two, one, 1)).isTrue();

        assertThat(wire.clearBetween(one, two)).isEmpty();
        assertThat(wire.sealedBetween(one, two).size()).isGreaterThan(25);
        for (SealedPod pod : List.of(a, b)) {
          for (DropReason reason : DropReason.values()) {
            assertThat(pod.plane.dropped(reason)).as("%s", reason).isZero();
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}, {1}, offload {2}")
  @MethodSource("suites")
  void tcpFillsThePacketAndLeavesNoOuterFragments(EspSuite suite, ChildMode mode, boolean offload)
      throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT, offload);
          SealedPod b = SealedPod.open(two, one.address(), PORT, offload);
          Wire wire = new Wire(two.namespace(), "eth0")) {
        connect(a, b, suite, mode);

        assertThat(Echo.tcp(one, two, 300_000)).isTrue();

        List<byte[]> packets = wire.sealedBetween(one, two);
        assertThat(packets).allMatch(p -> (p[6] & 0x3f) == 0 && p[7] == 0, "is no fragment");
        int overhead = mode == ChildMode.TUNNEL ? 20 : 0;
        assertThat(packets.stream().mapToInt(p -> p.length).max().orElse(0))
            .isGreaterThan(1400 - overhead);
      }
    }
  }

  @Test
  void packetFromAnotherInnerAddressIsNeitherSealedNorLetIn() throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT);
          SealedPod b = SealedPod.open(two, one.address(), PORT);
          Wire inside = new Wire(two.namespace(), TUN)) {
        one.namespace().sh("ip addr add 10.99.0.1/32 dev lo");
        connect(a, b, CHACHA, ChildMode.TUNNEL);
        assertFails(one, "ping -c1 -W1 -I 10.99.0.1 " + two.ip());
        assertThat(a.plane.dropped(DropReason.INNER_NOT_SELECTED)).isEqualTo(1);

        TrafficSelectors wide =
            new TrafficSelectors(
                List.of(TrafficSelector.network(Lab.ipv4("10.0.0.0"), 8)),
                List.of(TrafficSelector.host(two.address())));
        a.plane.selectOutbound(a.install(two.address(), PORT, 2, CHACHA, ChildMode.TUNNEL, wide));
        b.install(one.address(), PORT, 2, CHACHA, ChildMode.TUNNEL, hosts(two, one));
        assertFails(one, "ping -c1 -W1 -I 10.99.0.1 " + two.ip());
        assertThat(b.plane.dropped(DropReason.ESP_SELECTORS)).isEqualTo(1);

        one.namespace().sh("ping -c1 -W2 " + two.ip());
        byte[] foreign = Lab.ipv4("10.99.0.1").getAddress();
        assertThat(inside.packets())
            .noneMatch(p -> Arrays.equals(Arrays.copyOfRange(p, 12, 16), foreign));
      }
    }
  }

  @Test
  void payloadOfTransportModeIsNoPacketOfATunnel() throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT);
          SealedPod b = SealedPod.open(two, one.address(), PORT)) {
        a.plane.selectOutbound(
            a.install(two.address(), PORT, 1, CHACHA, ChildMode.TRANSPORT, hosts(one, two)));
        b.install(one.address(), PORT, 1, CHACHA, ChildMode.TUNNEL, hosts(two, one));

        assertFails(one, "ping -c1 -W1 " + two.ip());

        assertThat(b.plane.dropped(DropReason.ESP_NO_INNER_PACKET)).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(ChildMode.class)
  void selectorsWithPortsTakeTheirTrafficAndNoOther(ChildMode mode) throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT);
          SealedPod b = SealedPod.open(two, one.address(), PORT)) {
        TrafficSelectors tcp =
            new TrafficSelectors(List.of(tcp(one.address())), List.of(tcp(two.address())));
        a.plane.selectOutbound(a.install(two.address(), PORT, 1, CHACHA, mode, tcp));
        b.plane.selectOutbound(b.install(one.address(), PORT, 1, CHACHA, mode, hosts(two, one)));

        assertThat(Echo.tcp(one, two, 50_000)).isTrue();
        assertFails(one, "ping -c1 -W1 " + two.ip());
        assertFails(two, "ping -c1 -W1 " + one.ip());

        assertThat(a.plane.dropped(DropReason.INNER_NOT_SELECTED)).isEqualTo(1);
        assertThat(a.plane.dropped(DropReason.ESP_SELECTORS)).isEqualTo(1);
      }
    }
  }

  @Test
  void fragmentsOfADatagramCrossATunnelAsTheyAre() throws Exception {
    try (Lab lab = new Lab(Topology.BRIDGED, 2)) {
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT);
          SealedPod b = SealedPod.open(two, one.address(), PORT);
          Wire inside = new Wire(two.namespace(), TUN)) {
        connect(a, b, CBC, ChildMode.TUNNEL);
        one.namespace()
            .sh(
                "ip route change table 4500 %s dev %s src %s mtu lock 1300"
                    .formatted(two.ip(), TUN, one.ip()));

        two.namespace().sh("ping -c1 -W2 " + one.ip());
        assertThat(Echo.udp(one, two, 4000)).isTrue();

        inside.finish();
        assertThat(inside.packets().stream().filter(p -> (p[6] & 0x20) != 0).count())
            .as("parts with more to come")
            .isGreaterThan(1);
        assertThat(a.plane.dropped(DropReason.INNER_FRAGMENT)).isZero();
      }
    }
  }

  private static TrafficSelector tcp(Inet4Address address) {
    TrafficSelector all = TrafficSelector.host(address);
    return new TrafficSelector(
        all.type(), Ipv4.TCP, 0, 0xffff, all.startAddress(), all.endAddress());
  }

  private static TrafficSelectors hosts(Pod local, Pod remote) {
    return TrafficSelectors.hosts(local.address(), remote.address());
  }

  private static void connect(SealedPod a, SealedPod b, EspSuite suite, ChildMode mode) {
    SealedPod.connect(a, b, 1, suite, mode);
  }

  private static EspSuite cbc(EncryptionAlgorithm cipher, IntegrityAlgorithm mac, boolean esn) {
    return new EspSuite(cipher, Optional.of(mac), esn, Optional.empty(), List.of());
  }

  private static void assertFails(Pod in, String command) {
    assertThatThrownBy(() -> in.namespace().sh(command)).isInstanceOf(IOException.class);
  }
}
