package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.podseal.controller.TestSidecar;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import io.podseal.e2e.cluster.Controller;
import io.podseal.e2e.kube.Tokens;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * The controller process on a real API server, with the rights that the chart gives it, and pods
 * that nobody runs.
 */
final class LiveController implements AutoCloseable {
  static final String NAMESPACE = Rights.NAMESPACE;

  private static final Duration TOKEN_LIFE = Duration.ofMinutes(10);
  private static final String SERVER_NAME = "podseal-controller.podseal-system.svc";

  /** Never again from one: the pods of a controller that ended keep their addresses. */
  private static final AtomicInteger PODS = new AtomicInteger();

  private final Resources owned;
  private final KubernetesClient client;
  private final Controller process;
  private final Path log;

  private LiveController(Resources owned, KubernetesClient client, Controller process, Path log) {
    this.owned = owned;
    this.client = client;
    this.process = process;
    this.log = log;
  }

  static LiveController start(KubernetesClient client, Path kubeconfig, Path folder) {
    return start(client, kubeconfig, folder, Map.of());
  }

  /** Starts one with {@code settings}, such as {@code PODSEAL_REVIEW_INTERVAL}. */
  static LiveController start(
      KubernetesClient client, Path kubeconfig, Path folder, Map<String, String> settings) {
    return start(client, kubeconfig, folder, SERVER_NAME, settings);
  }

  /** Starts one that an API server on this machine can ask by URL. */
  static LiveController startLocal(KubernetesClient client, Path kubeconfig, Path folder) {
    return start(client, kubeconfig, folder, "localhost", Map.of());
  }

  private static LiveController start(
      KubernetesClient client,
      Path kubeconfig,
      Path folder,
      String serverName,
      Map<String, String> settings) {
    var owned = new Resources();
    try {
      var rights = owned.add(Rights.install(client, kubeconfig));
      var own = rights.kubeconfig(folder.resolve("controller.kubeconfig"));
      var log = folder.resolve("controller.log");
      Files.deleteIfExists(log);
      var process = owned.add(start(own, log, serverName, settings));
      return new LiveController(owned, client, process, log);
    } catch (IOException e) {
      owned.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  private static Controller start(
      Path kubeconfig, Path log, String serverName, Map<String, String> settings) {
    int port = Controller.freePort();
    var environment = new HashMap<>(settings);
    environment.put("PODSEAL_POD_IP", "198.18.0.1");
    environment.put("PODSEAL_SERVER_NAME", serverName);
    var controller = Controller.replica("127.0.0.1", kubeconfig, port, log, environment);
    Awaitility.await("the control plane").atMost(Duration.ofSeconds(60)).until(controller::serving);
    return controller;
  }

  /** Connects as the sidecar of {@code pod}, whose namespace opted in. */
  TestSidecar connect(Pod pod) {
    return connect(pod.getMetadata().getNamespace(), token(pod, "podseal"));
  }

  /** Connects with any token and says nothing. */
  TestSidecar silent(String namespace, String token) {
    return TestSidecar.silent(process.port(), ca(namespace), SERVER_NAME, token);
  }

  /** Connects with any token. */
  TestSidecar connect(String namespace, String token) {
    return TestSidecar.connect(process.port(), ca(namespace), SERVER_NAME, token);
  }

  /** A token as the kubelet projects it into the pod. */
  String token(Pod pod, String audience) {
    return Tokens.of(client, pod.getMetadata().getNamespace(), "default")
        .mintForPod(pod.getMetadata().getName(), pod.getMetadata().getUid(), TOKEN_LIFE, audience);
  }

  /** Makes a namespace that opted in. */
  String namespace() {
    var name = Api.namespace();
    optIn(name);
    return name;
  }

  /** Labels a namespace, made if it is not there, and gives it its service account. */
  void optIn(String name) {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .createOr(NonDeletingOperation::update);
    client
        .namespaces()
        .withName(name)
        .edit(found ->
            new NamespaceBuilder(found)
                .editMetadata()
                .addToLabels("podseal.io/inject", "true")
                .endMetadata()
                .build());
    Tokens.of(client, name, "default").makeAccount();
  }

  /**
   * Makes a pod with a sidecar that says it runs, at an address that no other pod has: the clusters
   * of this project have theirs below.
   */
  Pod pod(String namespace, String name, String app) {
    int number = PODS.incrementAndGet();
    var address = "198.19." + (16 + number / 250) + "." + (1 + number % 250);
    var pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(namespace)
                    .withName(name)
                    .withLabels(Map.of("app", app))
                    .endMetadata()
                    .withNewSpec()
                    .withSchedulerName("nobody")
                    .withServiceAccountName("default")
                    .addNewInitContainer()
                    .withName("podseal")
                    .withImage("podseal")
                    .withRestartPolicy("Always")
                    .endInitContainer()
                    .addNewContainer()
                    .withName("app")
                    .withImage("app")
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    pod.setStatus(
        new PodBuilder()
            .withNewStatus()
            .withPhase("Running")
            .withPodIP(address)
            .addNewPodIP(address)
            .endStatus()
            .build()
            .getStatus());
    return client.resource(pod).updateStatus();
  }

  /** Makes a peering of the pods {@code from} and {@code to}, by their label app. */
  void peering(String namespace, String name, String from, String to) {
    var peering = new SecurePeering();
    peering.getMetadata().setNamespace(namespace);
    peering.getMetadata().setName(name);
    peering.setSpec(
        new SecurePeeringSpec(
            new PeerSource(Selector.label("app", from)),
            List.of(new PeerDestination(Selector.label("app", to))),
            null,
            null,
            null));
    client.resource(peering).create();
  }

  /** Deletes a pod without grace. */
  void delete(Pod pod) {
    client.resource(pod).withGracePeriod(0).delete();
  }

  /** Everything that the controller logged. */
  String logged() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its process id. */
  long pid() {
    return process.process().pid();
  }

  /** The port of its admission webhook. */
  int webhookPort() {
    return process.webhookPort();
  }

  /** Ends the process and leaves everything that it wrote. */
  void stop() {
    process.close();
  }

  /** The page of its metrics. */
  String metrics() {
    return process.metrics();
  }

  /** Whether it says that it does its part. */
  boolean ready() {
    return process.ready();
  }

  private String ca(String namespace) {
    return Awaitility.await("ConfigMap podseal-ca in " + namespace)
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Optional.ofNullable(
                        client.configMaps().inNamespace(namespace).withName("podseal-ca").get())
                    .map(ConfigMap::getData)
                    .map(data -> data.get("ca.crt"))
                    .filter(pem -> pem.contains("BEGIN CERTIFICATE")),
            Optional::isPresent)
        .orElseThrow();
  }

  @Override
  public void close() {
    owned.close();
  }
}
