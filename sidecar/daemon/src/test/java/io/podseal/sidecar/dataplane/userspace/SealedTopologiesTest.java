package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.sidecar.firewall.Counter;
import io.podseal.sidecar.lab.Echo;
import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Lab.Topology;
import io.podseal.sidecar.lab.Wire;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Table, plane and routes together under every way that nodes join and filter their pods. */
@Tag("netns")
final class SealedTopologiesTest {
  private static final int PORT = 4500;

  @ParameterizedTest(name = "{0}, rp_filter {1}, offload {2}")
  @CsvSource({
    "BRIDGED,0,true",
    "BRIDGED,1,true",
    "BRIDGED,2,false",
    "ROUTED,0,true",
    "ROUTED,1,false",
    "ROUTED,2,true"
  })
  void everyProtocolPassesSealedAndNothingPassesClear(
      Topology topology, int rpFilter, boolean offload) throws Exception {
    try (Lab lab = new Lab(topology, 2)) {
      lab.reversePathFilter(rpFilter);
      Pod one = lab.pod(1);
      Pod two = lab.pod(2);
      try (SealedPod a = SealedPod.open(one, two.address(), PORT, offload);
          SealedPod b = SealedPod.open(two, one.address(), PORT, offload);
          Wire wire = new Wire(lab.node(), "veth1")) {
        SealedPod.connect(a, b, 1);

        one.namespace().sh("ping -c2 -i0.2 -W2 " + two.ip());
        two.namespace().sh("ping -c1 -W2 -s 5000 " + one.ip());
        assertThat(Echo.tcp(one, two, 300_000)).isTrue();
        assertThat(Echo.udp(one, two, 20_000)).isTrue();
        assertThat(Echo.udp(two, one, 1)).isTrue();

        assertThat(wire.clearBetween(one, two)).isEmpty();
        assertThat(wire.sealedBetween(one, two).size()).isGreaterThan(25);
        assertThat(one.namespace().call(() -> a.firewall.counters().get(Counter.TUN_SOURCE)))
            .isZero();
      }
    }
  }
}
