package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * An API server that asks the webhook of a controller process on this machine: the chart's
 * configuration, with another way to the process. On somebody's cluster it reaches this machine, or
 * the tests are skipped and say so.
 */
final class WebhookWorld implements AutoCloseable {
  static final String CONFIGURATION = "podseal-injector";

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Resources owned;
  private final Api.Vacant server;
  private final LiveController controller;
  private final Path folder;
  private final String shop = Api.namespaceName();

  private WebhookWorld(Resources owned, Api.Vacant server, LiveController controller, Path folder) {
    this.owned = owned;
    this.server = server;
    this.controller = controller;
    this.folder = folder;
  }

  /** Starts everything and waits until pods of {@link #shop} get their sidecar. */
  static WebhookWorld start(String name) {
    var owned = new Resources();
    try {
      var folder = Files.createDirectories(Path.of("target", "webhook")).toAbsolutePath();
      folder = Files.createTempDirectory(folder, name + "-");
      var server = Api.vacant(folder.resolve("plane"), owned);
      var controller =
          owned.add(LiveController.startLocal(server.client(), server.kubeconfig(), folder));
      var world = new WebhookWorld(owned, server, controller, folder);
      controller.optIn(world.shop);
      if (server.route() instanceof Route.Elsewhere) {
        world.assumeReachable();
      }
      owned.add(world::deleteConfiguration);
      configure(server.client(), server.kubeconfig(), server.route(), controller.webhookPort());
      world.awaitInjection();
      return world;
    } catch (IOException | GeneralSecurityException e) {
      owned.close();
      throw new IllegalStateException(e);
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  /** Installs the chart's webhook configuration, with a way to a port of this machine. */
  static void configure(KubernetesClient client, Path kubeconfig, Route route, int port) {
    var rendered = new Chart(kubeconfig, LiveController.NAMESPACE).render("webhook.yaml");
    var configuration =
        client
            .load(new ByteArrayInputStream(rendered.getBytes(StandardCharsets.UTF_8)))
            .items()
            .stream()
            .filter(MutatingWebhookConfiguration.class::isInstance)
            .map(MutatingWebhookConfiguration.class::cast)
            .findFirst()
            .orElseThrow();
    var way = route.to(LiveController.NAMESPACE, "podseal-webhook", "/inject", port);
    configuration.getWebhooks().forEach(webhook -> webhook.setClientConfig(way));
    client.resource(configuration).create();
  }

  /** Asked with a webhook that has nothing of Podseal: what it cannot show is not our fault. */
  private void assumeReachable() throws IOException, GeneralSecurityException {
    var listens = server.route().listens();
    // No EndpointSlice may hold a loopback address, which is the cluster's own there.
    if (listens.isLoopbackAddress() || !(listens instanceof Inet4Address)) {
      throw unreachable(null);
    }
    var manifest =
        pod("reach", "labels: {front: \"true\"}")
            .replace(
                "containers:", "initContainers: [{name: app-init, image: app}]\n  containers:");
    try (var other = front()) {
      Awaitility.await(other + " asked by the API server")
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            var asked = create(shop, manifest, "--dry-run=server");
            assertThat(asked.ok()).as(asked.err()).isTrue();
            assertThat(initContainers(parse(asked.out()))).contains("front");
          });
    } catch (ConditionTimeoutException e) {
      throw unreachable(e);
    }
  }

  private TestAbortedException unreachable(@Nullable Exception cause) {
    return new TestAbortedException(
        "the API server at %s does not reach a webhook at %s, an address of this machine"
            .formatted(client().getMasterUrl(), server.route().listens().getHostAddress()),
        cause);
  }

  /** Another product's webhook for the pods of {@link #shop}. */
  FrontWebhook front() throws IOException, GeneralSecurityException {
    return FrontWebhook.start(client(), server.route(), shop, folder);
  }

  /** A namespace that opted in. */
  String shop() {
    return shop;
  }

  /** Whether the cluster is this test's alone, so that it may touch what is not its own. */
  boolean isOurs() {
    return server.route() instanceof Route.Here;
  }

  KubernetesClient client() {
    return server.client();
  }

  LiveController controller() {
    return controller;
  }

  /** A kubeconfig that may do everything. */
  Path kubeconfig() {
    return server.kubeconfig();
  }

  Path folder() {
    return folder;
  }

  /** Makes a namespace with these labels. */
  String namespace(Map<String, String> labels) {
    var name = Api.namespaceName();
    client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
    return name;
  }

  /** Runs {@code kubectl create} on a manifest; {@code options} such as {@code --dry-run}. */
  Command.Result create(String namespace, String manifest, String... options) {
    var line = new ArrayList<>(List.of("kubectl", "--kubeconfig", server.kubeconfig().toString()));
    line.addAll(List.of("-n", namespace, "create", "-f", "-", "-o", "json"));
    line.addAll(Arrays.asList(options));
    return Command.of(line.toArray(String[]::new)).run(manifest);
  }

  /** Creates a pod and returns it as the API server keeps it. */
  JsonNode created(String namespace, String manifest) {
    return parse(create(namespace, manifest).must());
  }

  /** The names of a pod's init containers, in their order. */
  static List<String> initContainers(JsonNode pod) {
    return names(pod.at("/spec/initContainers"));
  }

  /** The configuration's caBundle. */
  String caBundle() {
    var bundle = configuration().getWebhooks().getFirst().getClientConfig().getCaBundle();
    return bundle == null ? "" : bundle;
  }

  MutatingWebhookConfiguration configuration() {
    return client()
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName(CONFIGURATION)
        .get();
  }

  private void deleteConfiguration() {
    client()
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName(CONFIGURATION)
        .delete();
  }

  /** Waits until the API server has the configuration and trusts the controller. */
  void awaitInjection() {
    Awaitility.await("injection into " + shop)
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          var asked = create(shop, pod("probe", ""), "--dry-run=server");
          assertThat(asked.ok()).as(asked.err()).isTrue();
          assertThat(initContainers(parse(asked.out()))).contains("podseal");
        });
  }

  /**
   * A pod of one container, with the account that a whole API server would give it; {@code more} is
   * YAML of its metadata, such as labels.
   */
  static String pod(String name, String more) {
    return """
    apiVersion: v1
    kind: Pod
    metadata:
      name: %s
      %s
    spec:
      schedulerName: nobody
      serviceAccountName: default
      containers: [{name: app, image: app}]
    """
        .formatted(name, more);
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }

  private static List<String> names(JsonNode containers) {
    var names = new ArrayList<String>();
    containers.forEach(container -> names.add(container.path("name").asText()));
    return names;
  }

  @Override
  public void close() {
    owned.close();
  }
}
