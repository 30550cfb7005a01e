package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/**
 * Leads the Service {@code podseal-controller}, which has no selector, to the leader: the
 * EndpointSlice of the same name holds its address and no other.
 */
public final class ControlEndpoint {
  /** Name of the Service and of its EndpointSlice. */
  public static final String NAME = "podseal-controller";

  private static final String PORT = "grpc-control";

  private final KubernetesClient client;
  private final String namespace;
  private final String podName;
  private final String address;

  /** Of the pod with this name and IP address. */
  public ControlEndpoint(
      KubernetesClient client, String namespace, String podName, String address) {
    this.client = client;
    this.namespace = namespace;
    this.podName = podName;
    this.address = address;
  }

  /** Creates or corrects the EndpointSlice. */
  public void write(int port) {
    var slices = client.discovery().v1().endpointSlices().inNamespace(namespace);
    var wanted = slice(port);
    var found = slices.withName(NAME).get();
    if (found == null) {
      slices.resource(wanted).create();
    } else if (!wanted.getEndpoints().equals(found.getEndpoints())
        || !wanted.getPorts().equals(found.getPorts())) {
      slices.resource(wanted).update();
    }
  }

  private EndpointSlice slice(int port) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withName(NAME)
        .withNamespace(namespace)
        .withLabels(
            Map.of(
                "kubernetes.io/service-name", NAME,
                "endpointslice.kubernetes.io/managed-by", NAME,
                "app.kubernetes.io/part-of", "podseal"))
        .endMetadata()
        .withAddressType(address.contains(":") ? "IPv6" : "IPv4")
        .addNewEndpoint()
        .withAddresses(address)
        .withNewConditions()
        .withReady(true)
        .endConditions()
        .withNewTargetRef()
        .withKind("Pod")
        .withNamespace(namespace)
        .withName(podName)
        .endTargetRef()
        .endEndpoint()
        .addNewPort()
        .withName(PORT)
        .withPort(port)
        .withProtocol("TCP")
        .endPort()
        .build();
  }
}
