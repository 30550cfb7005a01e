package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.inject.Injector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What must be true of a namespace that opted in. */
final class NamespaceChecks {
  private static final Comparator<Pod> BY_NAME =
      Comparator.comparing(pod -> pod.getMetadata().getName());

  private NamespaceChecks() {}

  static List<Finding> of(KubernetesClient client, Namespace namespace, String controllers) {
    var name = namespace.getMetadata().getName();
    if (Injector.RESERVED.contains(name) || controllers.equals(name)) {
      return List.of(
          Finding.note(
              "namespace " + name + " is labelled but never injected",
              "kubectl label namespace " + name + " " + Injector.LABEL + "-"));
    }
    var findings = new ArrayList<Finding>();
    Map<String, String> labels =
        Objects.requireNonNullElse(namespace.getMetadata().getLabels(), Map.of());
    Injector.warnings(name, labels)
        .forEach(warning -> {
          int advice = warning.indexOf("kubectl");
          findings.add(Finding.wrong(warning.substring(0, advice - 2), warning.substring(advice)));
        });
    var policies = client.network().v1().networkPolicies().inNamespace(name).list().getItems();
    for (var policy : policies) {
      var ports = PolicyPorts.of(policy.getSpec(), others(policies, policy));
      var policyName = "NetworkPolicy " + name + "/" + policy.getMetadata().getName();
      if (!ports.narrowed().isEmpty()) {
        findings.add(
            Finding.note(
                policyName
                    + " lets only those whom it names "
                    + String.join(", ", ports.narrowed()),
                "see that they include every peer, and for TCP 9443 the controller: kubectl -n "
                    + name
                    + " describe networkpolicy "
                    + policy.getMetadata().getName()));
      }
      if (!ports.closed().isEmpty()) {
        findings.add(
            Finding.wrong(
                policyName + " does not let " + String.join(", ", ports.closed()),
                "allow them for the pods of a peering: what they carry is sealed, and Podseal's"
                    + " ports are checked after decryption"));
      }
    }
    var pods = client.pods().inNamespace(name).list().getItems();
    var failing =
        pods.stream().filter(pod -> SidecarState.failure(pod).isPresent()).sorted(BY_NAME).toList();
    if (!failing.isEmpty()) {
      var first = failing.getFirst();
      findings.add(
          Finding.wrong(
              "%d sidecars of namespace %s do not run, such as that of %s: %s"
                  .formatted(
                      failing.size(),
                      name,
                      first.getMetadata().getName(),
                      SidecarState.failure(first).orElseThrow()),
              "kubectl -n %s logs %s -c podseal --previous"
                  .formatted(name, first.getMetadata().getName())));
    }
    var bare =
        pods.stream()
            .filter(NamespaceChecks::shouldHaveSidecar)
            .map(pod -> pod.getMetadata().getName())
            .sorted()
            .toList();
    if (!bare.isEmpty()) {
      findings.add(
          Finding.wrong(
              bare.size()
                  + " pods of namespace "
                  + name
                  + " have no sidecar, such as "
                  + bare.getFirst(),
              "they are older than the label: kubectl -n "
                  + name
                  + " rollout restart deployment,statefulset,daemonset"));
    }
    if (findings.isEmpty()) {
      findings.add(Finding.fine("namespace " + name));
    }
    return findings;
  }

  private static List<NetworkPolicySpec> others(List<NetworkPolicy> all, NetworkPolicy policy) {
    return all.stream().filter(other -> !other.equals(policy)).map(NetworkPolicy::getSpec).toList();
  }

  private static boolean shouldHaveSidecar(Pod pod) {
    var phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
    var labels = pod.getMetadata().getLabels();
    var first = pod.getSpec().getInitContainers();
    return !"Succeeded".equals(phase)
        && !"Failed".equals(phase)
        && !Boolean.TRUE.equals(pod.getSpec().getHostNetwork())
        && (labels == null || !"false".equals(labels.get(Injector.LABEL)))
        && (first == null
            || first.stream()
                .noneMatch(container -> Injector.CONTAINER.equals(container.getName())));
  }
}
