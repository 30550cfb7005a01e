package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/**
 * How an API server asks a webhook of this machine: by URL if it runs here too, otherwise by a
 * Service without selector whose only endpoint is this machine's address towards it.
 */
sealed interface Route {
  /** What the webhook listens on. */
  InetAddress listens();

  /**
   * The way to {@code port}.
   *
   * @param service the name of the Service, which ends with its namespace
   */
  WebhookClientConfig to(String namespace, String service, String path, int port);

  /** The API server runs here. */
  record Here() implements Route {
    @Override
    public InetAddress listens() {
      return InetAddress.getLoopbackAddress();
    }

    @Override
    public WebhookClientConfig to(String namespace, String service, String path, int port) {
      return new WebhookClientConfigBuilder().withUrl("https://localhost:" + port + path).build();
    }
  }

  /** The API server runs elsewhere, and its cluster's Services lead where its own routes do. */
  record Elsewhere(KubernetesClient client) implements Route {
    private static final int PORT = 443;

    @Override
    public InetAddress listens() {
      URI server = URI.create(client.getMasterUrl().toString());
      try (DatagramSocket probe = new DatagramSocket()) {
        // Sends nothing: only the route is looked up.
        probe.connect(new InetSocketAddress(server.getHost(), PORT));
        return probe.getLocalAddress();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public WebhookClientConfig to(String namespace, String service, String path, int port) {
      client
          .resource(
              new ServiceBuilder()
                  .withNewMetadata()
                  .withNamespace(namespace)
                  .withName(service)
                  .endMetadata()
                  .withNewSpec()
                  .addNewPort()
                  .withName("https")
                  .withPort(PORT)
                  .endPort()
                  .endSpec()
                  .build())
          .createOr(NonDeletingOperation::update);
      client
          .resource(
              new EndpointSliceBuilder()
                  .withNewMetadata()
                  .withNamespace(namespace)
                  .withName(service)
                  .addToLabels("kubernetes.io/service-name", service)
                  .endMetadata()
                  .withAddressType("IPv4")
                  .addNewPort()
                  .withName("https")
                  .withPort(port)
                  .withProtocol("TCP")
                  .endPort()
                  .addNewEndpoint()
                  .withAddresses(listens().getHostAddress())
                  .endEndpoint()
                  .build())
          .createOr(NonDeletingOperation::update);
      return new WebhookClientConfigBuilder()
          .withNewService()
          .withNamespace(namespace)
          .withName(service)
          .withPath(path)
          .withPort(PORT)
          .endService()
          .build();
    }
  }
}
