package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What a controller leaves in a cluster, found by name and removed; what is gone already is fine.
 *
 * <p>Confined to one thread but for {@link #giveUp}; each method throws {@link
 * KubernetesClientException} for what the API server refuses.
 */
final class Remains {
  private static final String CONTROLLER = "podseal-controller";
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** Plural and kind. */
  private static final Map<String, String> DECLARATIONS =
      Map.of(
          "securepeerings", "SecurePeering",
          "peeringgrants", "PeeringGrant",
          "cryptoprofiles", "CryptoProfile",
          "externalpeers", "ExternalPeer");

  private final KubernetesClient client;
  private final String namespace;
  private final Consumer<String> report;
  private final Standstill standstill;

  /**
   * Of the controller of {@code namespace}.
   *
   * @param report gets a line for each object that was removed
   */
  Remains(KubernetesClient client, String namespace, Consumer<String> report) {
    this.client = client;
    this.namespace = namespace;
    this.report = report;
    standstill = new Standstill(client, namespace, CONTROLLER);
  }

  /**
   * Stops all replicas, which would write their objects again, then the webhook. In between, pods
   * of opted-in namespaces are refused for some seconds and their controllers try again; the other
   * way round, an uninstallation that fails would leave a release whose new pods are not sealed.
   * Whenever it fails, the replicas are wanted again.
   *
   * @throws IllegalStateException if they have not stopped after {@code limit}, or at {@link
   *     #giveUp}
   */
  void stopController(Duration limit) {
    try {
      if (standstill.begin()) {
        awaitStop(limit);
        report.accept("stopped Deployment " + namespace + "/" + CONTROLLER);
      }
      standstill.conclude(this::deleteWebhook);
    } finally {
      standstill.undo();
    }
  }

  /**
   * Puts a controller that was to stop back to work, unless its webhook has gone; for another
   * thread than the one that stops it, which then fails.
   *
   * @return whether that was necessary
   */
  boolean giveUp() {
    return standstill.undo();
  }

  private void awaitStop(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (running()) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException(
            "pods of Deployment %1$s/%2$s still run after %3$d s, it is scaled back: kubectl -n %1$s"
                    .formatted(namespace, CONTROLLER, limit.toSeconds())
                + " get pods");
      }
      pause();
    }
  }

  private void deleteWebhook() {
    delete(
        "MutatingWebhookConfiguration podseal-injector",
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName("podseal-injector"));
  }

  /** Removes what every start makes anew. */
  void remove() {
    delete("Lease " + CONTROLLER, client.leases().inNamespace(namespace).withName(CONTROLLER));
    delete(
        "EndpointSlice " + CONTROLLER,
        client.discovery().v1().endpointSlices().inNamespace(namespace).withName(CONTROLLER));
    var bundles =
        client.configMaps().inAnyNamespace().withField("metadata.name", "podseal-ca").list();
    for (var bundle : bundles.getItems()) {
      var place = bundle.getMetadata().getNamespace();
      delete(
          "ConfigMap " + place + "/podseal-ca",
          client.configMaps().inNamespace(place).withName("podseal-ca"));
    }
  }

  /** Removes what users declared, and all keys. */
  void purge() {
    DECLARATIONS.forEach(this::purge);
    for (var name : new String[] {"podseal-master", "podseal-ca"}) {
      delete("Secret " + name, client.secrets().inNamespace(namespace).withName(name));
    }
    delete(
        "ConfigMap podseal-key-epoch",
        client.configMaps().inNamespace(namespace).withName("podseal-key-epoch"));
  }

  private void purge(String plural, String kind) {
    var resources =
        client.genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup("podseal.io")
                .withVersion("v1alpha1")
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(true)
                .build());
    try {
      for (var object : resources.inAnyNamespace().list().getItems()) {
        var meta = object.getMetadata();
        delete(
            kind + " " + meta.getNamespace() + "/" + meta.getName(),
            resources.inNamespace(meta.getNamespace()).withName(meta.getName()));
      }
    } catch (KubernetesClientException e) {
      // Without its CRD there is nothing of the kind.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  private <T extends HasMetadata> void delete(String what, Resource<T> object) {
    if (!object.delete().isEmpty()) {
      report.accept("removed " + what);
    }
  }

  /** Pods that ended, such as evicted ones, are left by their ReplicaSet for good. */
  private boolean running() {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("app.kubernetes.io/name", CONTROLLER)
        .list()
        .getItems()
        .stream()
        .map(pod -> pod.getStatus() == null ? null : pod.getStatus().getPhase())
        .anyMatch(phase -> !"Failed".equals(phase) && !"Succeeded".equals(phase));
  }

  private static void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the controller", e);
    }
  }
}
