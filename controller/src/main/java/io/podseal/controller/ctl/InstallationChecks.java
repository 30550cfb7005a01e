package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** What must be true of an installed Podseal. */
final class InstallationChecks {
  private static final String CONTROLLER = "podseal-controller";
  private static final String WEBHOOK = "podseal-injector";
  private static final List<String> KINDS =
      List.of("securepeerings", "peeringgrants", "cryptoprofiles", "externalpeers");

  private final KubernetesClient client;
  private final String namespace;

  InstallationChecks(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  List<Finding> kinds() {
    var missing =
        KINDS.stream()
            .map(plural -> plural + ".podseal.io")
            .filter(name ->
                client.apiextensions().v1().customResourceDefinitions().withName(name).get()
                    == null)
            .toList();
    return List.of(
        missing.isEmpty()
            ? Finding.fine("custom resource definitions are installed")
            : Finding.wrong(
                "missing: " + String.join(", ", missing),
                "helm install podseal helm/ --namespace " + namespace + " --create-namespace"));
  }

  List<Finding> controller() {
    var deployment = client.apps().deployments().inNamespace(namespace).withName(CONTROLLER).get();
    if (deployment == null) {
      return List.of(
          Finding.wrong(
              "there is no Deployment " + CONTROLLER + " in namespace " + namespace,
              "helm install podseal helm/ --namespace "
                  + namespace
                  + " --create-namespace; or name its namespace by -n"));
    }
    int wanted = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
    var status = deployment.getStatus();
    int ready = status == null || status.getReadyReplicas() == null ? 0 : status.getReadyReplicas();
    var findings = new ArrayList<Finding>();
    if (ready == 0) {
      findings.add(
          Finding.wrong(
              "no controller is ready ("
                  + wanted
                  + " wanted): pods of opted-in namespaces cannot"
                  + " be created; sealed pods go on",
              (wanted == 0
                      ? "kubectl -n "
                          + namespace
                          + " scale deployment/"
                          + CONTROLLER
                          + " --replicas=2\n"
                      : "kubectl -n "
                          + namespace
                          + " describe pods -l app.kubernetes.io/name="
                          + CONTROLLER
                          + "\n")
                  + "last resort, pods start unsealed: kubectl delete mutatingwebhookconfiguration "
                  + WEBHOOK
                  + " (helm upgrade brings it back)"));
      return findings;
    }
    findings.add(
        ready < wanted
            ? Finding.note(
                ready + " of " + wanted + " controllers are ready",
                "kubectl -n " + namespace + " get pods")
            : Finding.fine(ready + " of " + wanted + " controllers are ready"));
    var lease = client.leases().inNamespace(namespace).withName(CONTROLLER).get();
    var holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    findings.add(
        holder == null || holder.isEmpty()
            ? Finding.wrong(
                "nobody holds the Lease " + CONTROLLER + ": no sidecar can connect",
                "kubectl -n " + namespace + " logs deploy/" + CONTROLLER)
            : Finding.fine(holder + " leads"));
    return findings;
  }

  List<Finding> webhook() {
    var configuration =
        client.admissionRegistration().v1().mutatingWebhookConfigurations().withName(WEBHOOK).get();
    if (configuration == null) {
      return List.of(
          Finding.wrong(
              "there is no MutatingWebhookConfiguration " + WEBHOOK + ": new pods get no sidecar",
              "helm upgrade podseal helm/ --namespace " + namespace));
    }
    var findings = new ArrayList<Finding>();
    var bundles =
        configuration.getWebhooks().stream()
            .map(MutatingWebhook::getClientConfig)
            .map(config -> Objects.requireNonNullElse(config.getCaBundle(), ""))
            .collect(Collectors.toSet());
    findings.add(
        bundles.contains("")
            ? Finding.wrong(
                "the webhook's caBundle is empty: the API server does not trust it",
                "the leading controller writes it: kubectl -n "
                    + namespace
                    + " logs deploy/"
                    + CONTROLLER
                    + " | grep CA")
            : Finding.fine("the webhook is configured"));
    long endpoints =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace(namespace)
            .withLabel("kubernetes.io/service-name", "podseal-webhook")
            .list()
            .getItems()
            .stream()
            .flatMap(slice ->
                slice.getEndpoints() == null
                    ? java.util.stream.Stream.empty()
                    : slice.getEndpoints().stream())
            .filter(endpoint ->
                endpoint.getConditions() == null
                    || !Boolean.FALSE.equals(endpoint.getConditions().getReady()))
            .count();
    findings.add(
        endpoints == 0
            ? Finding.wrong(
                "Service podseal-webhook has no ready endpoint",
                "kubectl -n " + namespace + " get pods -l app.kubernetes.io/name=" + CONTROLLER)
            : Finding.fine(endpoints + " endpoints answer the webhook"));
    return findings;
  }
}
