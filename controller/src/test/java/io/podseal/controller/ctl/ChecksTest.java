package io.podseal.controller.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podseal.controller.apiserver.MockApiServer;
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
  @ValueSource(
      strings = {
        "containerd://1.7.24",
        "containerd://1.7.24-1",
        "containerd://v1.7.24",
        "containerd://2.0.0",
        "containerd://2.0.1",
        "cri-o://1.31.3"
      })
  void containerd11078_aRuntimeThatMayRefuseTheTunDeviceIsNamedWithWhatToLookAt(String runtime) {
    var finding = ClusterChecks.runtime(runtime, 2);

    assertThat(finding.display()).contains(runtime + " on 2 nodes", "runc --version", "1.2.4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "containerd://1.7.2",
        "containerd://1.7.20",
        "containerd://1.7.23",
        "containerd://1.7.25",
        "containerd://1.7.240",
        "containerd://2.0.2",
        "containerd://2.0.10",
        "containerd://2.1.4",
        "cri-o://1.34.0",
        "docker://27.3.1",
        ""
      })
  void aRuntimeOfAnotherAgeIsFine(String runtime) {
    assertThat(ClusterChecks.runtime(runtime, 1).level()).isEqualTo(Finding.Level.FINE);
  }

  /** The way out of a webhook that nobody answers, as a person copies it. */
  @Test
  void whereNoControllerIsReadyTheWayOutIsPrintedAsCommands() {
    try (var api = MockApiServer.start()) {
      api.client()
          .resource(
              new DeploymentBuilder()
                  .withNewMetadata()
                  .withNamespace("podseal-system")
                  .withName("podseal-controller")
                  .endMetadata()
                  .withNewSpec()
                  .withReplicas(0)
                  .endSpec()
                  .build())
          .create();

      var printed =
          new InstallationChecks(api.client(), "podseal-system")
              .controller()
              .getFirst()
              .display()
              .lines()
              .map(String::strip);

      assertThat(printed)
          .containsExactly(
              "FAIL  no controller is ready (0 wanted): pods of opted-in namespaces cannot be"
                  + " created; sealed pods go on",
              "kubectl -n podseal-system scale deployment/podseal-controller --replicas=2",
              "last resort, pods start unsealed: kubectl delete mutatingwebhookconfiguration"
                  + " podseal-injector (helm upgrade brings it back)");
    }
  }

  /** containerd#11078: only the sidecar that tried knows whether it may open the TUN device. */
  @Test
  void aSidecarThatDoesNotRunIsNamedWithItsLastWords() {
    try (var api = MockApiServer.start()) {
      var namespace = namespace(api, "shop");
      sidecar(api, "well", new ContainerStateBuilder().withNewRunning().endRunning().build());
      assertThat(NamespaceChecks.of(api.client(), namespace, "podseal-system"))
          .singleElement()
          .extracting(Finding::level)
          .isEqualTo(Finding.Level.FINE);

      sidecar(
          api,
          "denied",
          new ContainerStateBuilder()
              .withNewWaiting()
              .withReason("CrashLoopBackOff")
              .endWaiting()
              .build());

      assertThat(NamespaceChecks.of(api.client(), namespace, "podseal-system"))
          .singleElement()
          .extracting(Finding::display)
          .asString()
          .contains("FAIL  1 sidecars of namespace shop do not run, such as that of denied")
          .contains("/dev/net/tun: EPERM")
          .doesNotContain("an earlier line")
          .contains("kubectl -n shop logs denied -c podseal --previous");
    }
  }

  private static Namespace namespace(MockApiServer api, String name) {
    return api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("podseal.io/inject", "true")
                .addToLabels("pod-security.kubernetes.io/enforce", "privileged")
                .endMetadata()
                .build())
        .create();
  }

  private static void sidecar(MockApiServer api, String pod, ContainerState state) {
    api.client()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(pod)
                .endMetadata()
                .withNewSpec()
                .addNewInitContainer()
                .withName("podseal")
                .endInitContainer()
                .endSpec()
                .withNewStatus()
                .addNewInitContainerStatus()
                .withName("podseal")
                .withState(state)
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(3)
                .withMessage("an earlier line\ncannot open /dev/net/tun: EPERM\n")
                .endTerminated()
                .endLastState()
                .endInitContainerStatus()
                .endStatus()
                .build())
        .create();
  }

  @Test
  void aPolicyIsClosedToWhatNoneOfItsPortsAdmits() {
    assertThat(
            PolicyPorts.of(policy("{podSelector: {}, policyTypes: [Ingress]}"), List.of()).closed())
        .containsExactly("UDP 500 in", "UDP 4500 in");
    assertThat(
            PolicyPorts.of(
                    policy(
                        "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress:"
                            + " [{ports: [{protocol: UDP, port: 400, endPort: 5000}]}]}"),
                    List.of())
                .closed())
        .containsExactly("TCP 9443 out");
  }

  @Test
  void whatAnotherPolicyAdmitsForTheSamePodsIsOpen() {
    var closed = policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}");
    var ports = "ingress: [{ports: [{protocol: UDP, port: 500}, {protocol: UDP, port: 4500}]}]}";

    assertThat(closedBeside(closed, "{podSelector: {}, " + ports)).isEmpty();
    assertThat(closedBeside(closed, "{podSelector: {matchLabels: {app: db}}, " + ports)).isEmpty();
    assertThat(closedBeside(closed, "{podSelector: {matchLabels: {app: web}}, " + ports))
        .hasSize(2);
    assertThat(closedBeside(closed, "{podSelector: {}, policyTypes: [Egress]}"))
        .as("one that says nothing of this direction")
        .hasSize(2);
  }

  @Test
  void whatOnlySomeMayIsNotedAndWhatEverybodyMayByAnotherRuleIsNot() {
    var some =
        policy(
            "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ports: [{protocol: UDP,"
                + " port: 500}], from: [{podSelector: {matchLabels: {app: web}}}]}, {ports:"
                + " [{protocol: UDP, port: 4500}]}], egress: [{to: [{ipBlock: {cidr:"
                + " 10.0.0.0/8}}]}]}");

    var ports = PolicyPorts.of(some, List.of());
    assertThat(ports.closed()).isEmpty();
    assertThat(ports.narrowed())
        .containsExactly("UDP 500 in", "UDP 500 out", "UDP 4500 out", "TCP 9443 out");

    var open = policy("{podSelector: {}, policyTypes: [Egress], egress: [{}]}");
    assertThat(PolicyPorts.of(some, List.of(open)).narrowed()).containsExactly("UDP 500 in");
  }

  private static List<String> closedBeside(NetworkPolicySpec policy, String other) {
    return PolicyPorts.of(policy, List.of(policy(other))).closed();
  }

  private static NetworkPolicySpec policy(String yaml) {
    return Serialization.unmarshal("---\n" + yaml, NetworkPolicySpec.class);
  }
}
