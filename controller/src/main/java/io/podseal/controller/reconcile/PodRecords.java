package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.podseal.controller.model.PodRecord;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** From the API's pods to what the model needs of them. */
final class PodRecords {
  private static final String SIDECAR = "podseal";
  private static final String DEFAULT_SERVICE_ACCOUNT = "default";

  private PodRecords() {}

  static PodRecord of(Pod pod) {
    var meta = pod.getMetadata();
    var spec = pod.getSpec();
    var status = pod.getStatus();
    var phase = status == null ? null : status.getPhase();
    var account = spec == null ? null : spec.getServiceAccountName();
    return new PodRecord(
        meta.getUid(),
        meta.getNamespace(),
        meta.getName(),
        account == null ? DEFAULT_SERVICE_ACCOUNT : account,
        meta.getLabels() == null ? Map.of() : meta.getLabels(),
        addresses(pod),
        spec != null && Boolean.TRUE.equals(spec.getHostNetwork()),
        injected(pod),
        "Succeeded".equals(phase) || "Failed".equals(phase),
        Timestamps.instant(meta.getCreationTimestamp()));
  }

  /** A pod with only what {@link #of} and the informer need, to be kept in its place. */
  static Pod prune(Pod pod) {
    var meta = pod.getMetadata();
    var spec = pod.getSpec();
    var status = pod.getStatus();
    return new PodBuilder()
        .withNewMetadata()
        .withUid(meta.getUid())
        .withNamespace(meta.getNamespace())
        .withName(meta.getName())
        .withResourceVersion(meta.getResourceVersion())
        .withCreationTimestamp(meta.getCreationTimestamp())
        .withLabels(meta.getLabels())
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(spec == null ? null : spec.getServiceAccountName())
        .withHostNetwork(spec == null ? null : spec.getHostNetwork())
        .withInitContainers(
            injected(pod)
                ? List.of(new ContainerBuilder().withName(SIDECAR).build())
                : List.<Container>of())
        .endSpec()
        .withNewStatus()
        .withPhase(status == null ? null : status.getPhase())
        .withPodIP(status == null ? null : status.getPodIP())
        .withPodIPs(status == null || status.getPodIPs() == null ? List.of() : status.getPodIPs())
        .endStatus()
        .build();
  }

  private static boolean injected(Pod pod) {
    var containers = pod.getSpec() == null ? null : pod.getSpec().getInitContainers();
    return containers != null
        && containers.stream().anyMatch(container -> SIDECAR.equals(container.getName()));
  }

  private static List<String> addresses(Pod pod) {
    var addresses = new LinkedHashSet<String>();
    var status = pod.getStatus();
    if (status != null) {
      if (status.getPodIP() != null && !status.getPodIP().isEmpty()) {
        addresses.add(status.getPodIP());
      }
      if (status.getPodIPs() != null) {
        status.getPodIPs().stream()
            .map(PodIP::getIp)
            .filter(Objects::nonNull)
            .filter(ip -> !ip.isEmpty())
            .forEach(addresses::add);
      }
    }
    return List.copyOf(addresses);
  }
}
