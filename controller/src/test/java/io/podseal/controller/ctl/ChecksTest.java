package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChecksTest {
  @Test
  void aKubernetesWithoutNativeSidecarsIsTooOld() {
    assertThat(ClusterChecks.version("1", "30+", "v1.30.9-eks").level())
        .isEqualTo(Finding.Level.WRONG);
    assertThat(ClusterChecks.version("1", "31+", "v1.31.1-gke").level())
        .isEqualTo(Finding.Level.FINE);
  }

  /** containerd#11078, tailscale#10814: runc 1.2.0 to 1.2.3 refuses the TUN device. */
  @ParameterizedTest
  @ValueSource(strings = {"containerd://1.7.24", "containerd://2.0.0", "cri-o://1.31.3"})
  void containerd11078_aRuntimeThatMayRefuseTheTunDeviceIsNamedWithWhatToLookAt(String runtime) {
    var finding = ClusterChecks.runtime(runtime, 2);

    assertThat(finding.display()).contains(runtime + " on 2 nodes", "runc --version", "1.2.4");
  }

  @Test
  void aRuntimeOfAnotherAgeIsFine() {
    assertThat(ClusterChecks.runtime("containerd://2.1.4", 1).level())
        .isEqualTo(Finding.Level.FINE);
  }

  @Test
  void aPolicyIsClosedToWhatNoneOfItsPortsAdmits() {
    assertThat(PolicyPorts.closedTo(policy("{podSelector: {}, policyTypes: [Ingress]}"), List.of()))
        .containsExactly("UDP 500 in", "UDP 4500 in");
    assertThat(
            PolicyPorts.closedTo(
                policy(
                    "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress:"
                        + " [{ports: [{protocol: UDP, port: 400, endPort: 5000}]}]}"),
                List.of()))
        .containsExactly("TCP 9443 out");
  }

  @Test
  void whatAnotherPolicyAdmitsForTheSamePodsIsOpen() {
    var closed = policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}");
    var ports = "ingress: [{ports: [{protocol: UDP, port: 500}, {protocol: UDP, port: 4500}]}]}";

    assertThat(PolicyPorts.closedTo(closed, List.of(policy("{podSelector: {}, " + ports))))
        .isEmpty();
    assertThat(
            PolicyPorts.closedTo(
                closed, List.of(policy("{podSelector: {matchLabels: {app: db}}, " + ports))))
        .isEmpty();
    assertThat(
            PolicyPorts.closedTo(
                closed, List.of(policy("{podSelector: {matchLabels: {app: web}}, " + ports))))
        .hasSize(2);
    assertThat(
            PolicyPorts.closedTo(
                closed, List.of(policy("{podSelector: {}, policyTypes: [Egress]}"))))
        .as("one that says nothing of this direction")
        .hasSize(2);
  }

  private static NetworkPolicySpec policy(String yaml) {
    return Serialization.unmarshal("---\n" + yaml, NetworkPolicySpec.class);
  }
}
