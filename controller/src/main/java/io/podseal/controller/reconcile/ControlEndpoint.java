package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.util.Map;

/**
 * Leads the Service {@code podseal-controller} to the one replica that serves sidecars: the Service
 * has no selector, and this is its only EndpointSlice.
 */
public final class ControlEndpoint {
  private static final String NAME = "podseal-controller";

  private final KubernetesClient client;
  private final String namespace;

  /** Of the Service in {@code namespace}. */
  public ControlEndpoint(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /**
   * Points the Service at this replica.
   *
   * @param address of its pod
   */
  public void lead(String address, int port) {
    EndpointSlice slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(namespace)
            .withLabels(
                Map.of(
                    "kubernetes.io/service-name",
                    NAME,
                    "endpointslice.kubernetes.io/managed-by",
                    NAME,
                    "app.kubernetes.io/part-of",
                    "podseal"))
            .endMetadata()
            .withAddressType(address.contains(":") ? "IPv6" : "IPv4")
            .addNewEndpoint()
            .withAddresses(address)
            .withNewConditions()
            .withReady(true)
            .endConditions()
            .endEndpoint()
            .addNewPort()
            .withName("grpc-control")
            .withPort(port)
            .withProtocol("TCP")
            .endPort()
            .build();
    client.resource(slice).createOr(NonDeletingOperation::update);
  }
}
