package io.podseal.controller;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.podseal.controller.apiserver.MockApiServer;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Pods and peerings of the namespace {@code shop}, and what its sidecars connect with. */
final class Shop {
  private final MockApiServer api;

  Shop(MockApiServer api) {
    this.api = api;
  }

  /** Creates a running pod, with a sidecar or without. */
  Pod pod(String name, String app, String address, boolean injected) {
    var builder =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("shop")
            .withName(name)
            .addToLabels("app", app)
            .endMetadata()
            .withNewSpec()
            .withServiceAccountName(app)
            .endSpec()
            .withNewStatus()
            .withPhase("Running")
            .withPodIP(address)
            .addNewPodIP()
            .withIp(address)
            .endPodIP()
            .endStatus();
    if (injected) {
      builder
          .editSpec()
          .withInitContainers(
              new ContainerBuilder().withName("podseal").withRestartPolicy("Always").build())
          .endSpec();
    }
    return api.client().resource(builder.build()).create();
  }

  /** Creates a Strict peering of {@code app=from} to {@code app=to}. */
  SecurePeering peering(String name, String from, String to, PortSpec... ports) {
    var peering = new SecurePeering();
    peering.setMetadata(new ObjectMetaBuilder().withNamespace("shop").withName(name).build());
    peering.setSpec(
        new SecurePeeringSpec(
            new PeerSource(Selector.label("app", from)),
            List.of(new PeerDestination(Selector.label("app", to))),
            Arrays.asList(ports),
            SecurePeeringSpec.STRICT,
            null));
    return api.client().resource(peering).create();
  }

  String token(Pod pod, String audience, Duration life) {
    var meta = pod.getMetadata();
    return api.mintToken(
        meta.getNamespace(),
        meta.getName(),
        meta.getUid(),
        pod.getSpec().getServiceAccountName(),
        life,
        audience);
  }

  /** Connects as the sidecar of a pod to the control plane on this port. */
  TestSidecar connect(int port, Pod pod) {
    return TestSidecar.connect(
        port,
        root("ca.crt"),
        ControllerFixture.SERVER_NAME,
        token(pod, "podseal", Duration.ofMinutes(10)));
  }

  /** An entry of the authority's Secret; empty if it is not there. */
  String root(String entry) {
    var data =
        api.client()
            .secrets()
            .inNamespace(ControllerFixture.NAMESPACE)
            .withName("podseal-ca")
            .get()
            .getData();
    return new String(
        Base64.getDecoder().decode(data.getOrDefault(entry, "")), StandardCharsets.US_ASCII);
  }

  /** The master key of the first epoch. */
  byte[] master() {
    var secret =
        api.client()
            .secrets()
            .inNamespace(ControllerFixture.NAMESPACE)
            .withName("podseal-master")
            .get();
    return Base64.getDecoder().decode(String.valueOf(secret.getData().get("epoch-1")));
  }
}
