package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * An API server of its own that asks the webhook of a controller process: the chart's
 * configuration, with a URL in place of the Service that nothing routes here. Its own in any case:
 * the API server of a cluster elsewhere does not reach a process of this machine.
 */
final class WebhookWorld implements AutoCloseable {
  static final String CONFIGURATION = "podseal-injector";

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Resources owned;
  private final ControlPlane plane;
  private final LiveController controller;
  private final Path folder;

  private WebhookWorld(
      Resources owned, ControlPlane plane, LiveController controller, Path folder) {
    this.owned = owned;
    this.plane = plane;
    this.controller = controller;
    this.folder = folder;
  }

  /** Starts everything and waits until pods of {@code shop}, which opted in, get their sidecar. */
  static WebhookWorld start(String name) {
    var owned = new Resources();
    try {
      var folder = Files.createDirectories(Path.of("target", "webhook")).toAbsolutePath();
      folder = Files.createTempDirectory(folder, name + "-");
      var plane = owned.add(ControlPlane.start(folder.resolve("plane")));
      var controller =
          owned.add(LiveController.startLocal(plane.client(), plane.kubeconfig(), folder));
      configure(plane, controller.webhookPort());
      var world = new WebhookWorld(owned, plane, controller, folder);
      controller.optIn("shop");
      world.awaitInjection();
      return world;
    } catch (IOException e) {
      owned.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  /** Installs the chart's webhook configuration, aimed at a port of this machine. */
  static void configure(ControlPlane plane, int port) {
    var rendered = new Chart(plane.kubeconfig(), LiveController.NAMESPACE).render("webhook.yaml");
    var configuration =
        plane
            .client()
            .load(new ByteArrayInputStream(rendered.getBytes(StandardCharsets.UTF_8)))
            .items()
            .stream()
            .filter(MutatingWebhookConfiguration.class::isInstance)
            .map(MutatingWebhookConfiguration.class::cast)
            .findFirst()
            .orElseThrow();
    configuration
        .getWebhooks()
        .forEach(webhook ->
            webhook.setClientConfig(
                new WebhookClientConfigBuilder()
                    .withUrl("https://localhost:" + port + "/inject")
                    .build()));
    plane.client().resource(configuration).create();
  }

  KubernetesClient client() {
    return plane.client();
  }

  LiveController controller() {
    return controller;
  }

  /** A kubeconfig that may do everything. */
  Path kubeconfig() {
    return plane.kubeconfig();
  }

  Path folder() {
    return folder;
  }

  /** Makes a namespace with these labels. */
  void namespace(String name, Map<String, String> labels) {
    client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
  }

  /** Runs {@code kubectl create} on a manifest; {@code options} such as {@code --dry-run}. */
  Command.Result create(String namespace, String manifest, String... options) {
    var line = new ArrayList<>(List.of("kubectl", "--kubeconfig", plane.kubeconfig().toString()));
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

  /** Waits until the API server has the configuration and trusts the controller. */
  void awaitInjection() {
    Awaitility.await("injection into shop")
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          var asked = create("shop", pod("probe", ""), "--dry-run=server");
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
