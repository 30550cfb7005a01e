package io.podseal.e2e.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A one-node cluster as Podseal sees it: an API server, the controller process, and pods.
 *
 * <p>The API server is Fabric8's mock with a TokenReview that knows the tokens it minted, or a real
 * one; everything else is the real thing. Here stand in for Kubernetes: the scheduler (pods get the
 * address of their lab namespace), the kubelet (token and CA files are written next to each pod)
 * and the webhook (a pod is injected by its init container named {@code podseal}). Confined to one
 * thread.
 */
public final class Cluster implements AutoCloseable {
  /** The DNS name in the controller's certificate. */
  static final String SERVER_NAME = "podseal-controller.podseal-system.svc";

  private static final String CONTROLLER_NAMESPACE = "podseal-system";
  private static final String CA_CONFIG_MAP = "podseal-ca";
  private static final String INJECT_LABEL = "podseal.io/inject";

  private final Lab lab;
  private final ApiServer api;
  private final Path folder;
  private final int controlPort = Controller.freePort();
  private final Resources owned = new Resources();
  private Controller controller;

  private Cluster(Lab lab, ApiServer api, Path folder, Path kubeconfig) {
    this.lab = lab;
    this.api = api;
    this.folder = folder;
    this.controller =
        Controller.start(lab.node(), kubeconfig, controlPort, folder.resolve("controller.log"));
  }

  /** Starts an API server in memory, and the controller; logs go to {@code folder}, emptied. */
  public static Cluster start(Lab lab, Path folder) {
    return start(lab, folder, MemoryApiServer::new);
  }

  /** As {@link #start}, with etcd and kube-apiserver, whose binaries the environment names. */
  public static Cluster startReal(Lab lab, Path folder) {
    return start(
        lab, folder, () -> new RealApiServer(folder.resolve("kube"), CONTROLLER_NAMESPACE));
  }

  private static Cluster start(Lab lab, Path folder, Supplier<ApiServer> server) {
    try {
      empty(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ApiServer api = server.get();
    try {
      api.client()
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(CONTROLLER_NAMESPACE)
                  .endMetadata()
                  .build())
          .createOr(NonDeletingOperation::update);
      Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), api.controllerKubeconfig());
      return new Cluster(lab, api, folder, kubeconfig);
    } catch (IOException e) {
      api.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      api.close();
      throw e;
    }
  }

  /** Returns the lab whose pods these are. */
  public Lab lab() {
    return lab;
  }

  /** Returns the API server. */
  public ApiServer api() {
    return api;
  }

  /** Returns the controller, running or stopped. */
  public Controller controller() {
    return controller;
  }

  /** Starts the controller again after it was stopped, on the same port. */
  public void restartController() {
    controller.close();
    controller =
        Controller.start(
            lab.node(),
            folder.resolve("kubeconfig"),
            controlPort,
            folder.resolve("controller.log"));
  }

  /** Makes a Kubernetes namespace whose pods may be injected. */
  public void namespace(String name) {
    api.client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(INJECT_LABEL, "true")
                .endMetadata()
                .build())
        .create();
    api.namespaceMade(name);
  }

  /** Creates the objects in {@code yaml}, in their own namespaces. */
  public List<HasMetadata> apply(String yaml) {
    return api.client()
        .load(
            new java.io.ByteArrayInputStream(
                yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .create();
  }

  /** Creates the API object of a pod that runs in {@code pod}. */
  public ClusterPod pod(String namespace, Pod pod, Map<String, String> labels, boolean injected) {
    PodBuilder builder =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(pod.name())
            .withLabels(labels)
            .endMetadata()
            .withNewSpec()
            .withServiceAccountName("default")
            .withNodeName("lab")
            .addNewContainer()
            .withName("app")
            .withImage("app")
            .endContainer()
            .endSpec()
            .withNewStatus()
            .withPhase("Running")
            .withPodIP(pod.ip())
            .addNewPodIP(pod.ip())
            .endStatus();
    if (injected) {
      builder
          .editSpec()
          .addNewInitContainer()
          .withName("podseal")
          .withImage("podseal-sidecar")
          .withRestartPolicy("Always")
          .endInitContainer()
          .endSpec();
    }
    io.fabric8.kubernetes.api.model.Pod made = api.run(builder.build());
    String uid = made.getMetadata().getUid();
    return new ClusterPod(
        this, pod, namespace, uid, folder.resolve("pods").resolve(pod.name() + "-" + uid));
  }

  /** Deletes the API object of {@code pod}; its network namespace stays. */
  public void delete(ClusterPod pod) {
    api.delete(pod.namespace(), pod.name(), pod.uid());
  }

  /** Returns the controller's CA as the ConfigMap in {@code namespace} gives it, waiting for it. */
  String caCertificate(String namespace) {
    return Awaitility.await("ConfigMap " + CA_CONFIG_MAP + " in namespace " + namespace)
        .atMost(Duration.ofSeconds(20))
        .until(() -> readCaCertificate(namespace), Optional::isPresent)
        .orElseThrow();
  }

  private Optional<String> readCaCertificate(String namespace) {
    return Optional.ofNullable(
            api.client().configMaps().inNamespace(namespace).withName(CA_CONFIG_MAP).get())
        .map(ConfigMap::getData)
        .map(data -> data.get("ca.crt"));
  }

  /** Ends every sidecar; their pods stay. */
  public void stopSidecars() {
    owned.close();
  }

  private static void empty(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(folder);
  }

  Path log(String name) {
    return folder.resolve(name + ".log");
  }

  <T extends AutoCloseable> T own(T resource) {
    return owned.add(resource);
  }

  @Override
  public void close() {
    owned.close();
    controller.close();
    api.close();
  }
}
