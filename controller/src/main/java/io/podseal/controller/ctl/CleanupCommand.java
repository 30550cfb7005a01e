package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Removes what the controller made at run time; Helm's pre-delete hook. */
@Command(
    name = "cleanup",
    description = {
      "Stops the controller and removes what it made at run time.",
      "Injected pods that still run stay sealed with one another, but learn nothing new."
    },
    mixinStandardHelpOptions = true)
final class CleanupCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final long LOOK_MILLIS = 200;
  private static final String CONTROLLER = "podseal-controller";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "podseal-system",
      description = "the controller's (${DEFAULT-VALUE})")
  String namespace = "";

  @Option(
      names = "--purge",
      description =
          "also delete every resource of Podseal's kinds, the master keys and the certificate"
              + " authority")
  boolean purge;

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    try (var client = new KubernetesClientBuilder().build()) {
      client
          .admissionRegistration()
          .v1()
          .mutatingWebhookConfigurations()
          .withName("podseal-injector")
          .delete();
      say("no pod is injected any more");
      stopController(client);
      for (var name : client.namespaces().list().getItems()) {
        client
            .configMaps()
            .inNamespace(name.getMetadata().getName())
            .withName("podseal-ca")
            .delete();
      }
      say("root certificates are removed from all namespaces");
      client.leases().inNamespace(namespace).withName(CONTROLLER).delete();
      client.discovery().v1().endpointSlices().inNamespace(namespace).withName(CONTROLLER).delete();
      if (purge) {
        purge(client);
      }
      return 0;
    }
  }

  /** It would write again what is deleted here; its last act is to give the Lease back. */
  private void stopController(KubernetesClient client) throws InterruptedException {
    var deployment = client.apps().deployments().inNamespace(namespace).withName(CONTROLLER);
    if (deployment.get() == null) {
      return;
    }
    deployment
        .subresource("scale")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":0}}");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      var current = deployment.get();
      if (current == null || replicas(current.getStatus().getReplicas()) == 0) {
        var lease = client.leases().inNamespace(namespace).withName(CONTROLLER).get();
        if (holder(lease).isEmpty()) {
          say("the controller has stopped");
          return;
        }
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    say("the controller did not stop in order within " + PATIENCE.toSeconds() + " s; going on");
  }

  private void purge(KubernetesClient client) {
    for (var plural : List.of("securepeerings", "peeringgrants", "externalpeers")) {
      delete(client, plural, true);
    }
    delete(client, "cryptoprofiles", true);
    for (var secret : List.of("podseal-master", "podseal-ca")) {
      client.secrets().inNamespace(namespace).withName(secret).delete();
    }
    client.configMaps().inNamespace(namespace).withName("podseal-key-epoch").delete();
    say("every resource of Podseal's kinds, the master keys and the authority are deleted");
  }

  private static void delete(KubernetesClient client, String plural, boolean namespaced) {
    var kind =
        client.genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup("podseal.io")
                .withVersion("v1alpha1")
                .withPlural(plural)
                .withKind(plural)
                .withNamespaced(namespaced)
                .build());
    for (var object : kind.inAnyNamespace().list().getItems()) {
      kind.inNamespace(object.getMetadata().getNamespace())
          .withName(object.getMetadata().getName())
          .delete();
    }
  }

  private static int replicas(@org.jspecify.annotations.Nullable Integer count) {
    return count == null ? 0 : count;
  }

  private static String holder(@org.jspecify.annotations.Nullable Lease lease) {
    var holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    return holder == null ? "" : holder;
  }

  private void say(String line) {
    spec.commandLine().getOut().println(line);
  }
}
