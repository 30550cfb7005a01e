package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podseal.controller.ctl.Finding.Level;
import io.podseal.controller.inject.Injector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether a cluster can run Podseal, and where one that does is unwell. */
@Command(
    name = "check",
    description = {
      "Looks at the cluster of KUBECONFIG: can it run Podseal, and is what is installed well?",
      "Changes nothing. Each line that is not ok says what to do next."
    },
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "podseal-system",
      description = "the controller's (${DEFAULT-VALUE})")
  String namespace = "";

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    try (var client = Podsealctl.client()) {
      var all = new ArrayList<Finding>();
      tell(all, ClusterChecks.version(client));
      var installation = new InstallationChecks(client, namespace);
      for (var check :
          List.<Map.Entry<String, Function<KubernetesClient, List<Finding>>>>of(
              Map.entry("nodes", ClusterChecks::runtimes),
              Map.entry("custom resource definitions", c -> installation.kinds()),
              Map.entry("the controller", c -> installation.controller()),
              Map.entry("the webhook", c -> installation.webhook()),
              Map.entry("namespaces", this::namespaces))) {
        try {
          check.getValue().apply(client).forEach(finding -> tell(all, finding));
        } catch (KubernetesClientException e) {
          if (!Podsealctl.answered(e)) {
            throw e;
          }
          tell(
              all,
              Finding.unseen(
                  check.getKey() + ": not looked at, the API server answers " + e.getCode(),
                  "run it as somebody who may read them"));
        }
      }
      return has(all, Level.WRONG)
          ? Podsealctl.WRONG
          : has(all, Level.UNSEEN) ? Podsealctl.UNSEEN : 0;
    }
  }

  private static boolean has(List<Finding> all, Level level) {
    return all.stream().anyMatch(finding -> finding.level() == level);
  }

  private List<Finding> namespaces(KubernetesClient client) {
    var findings = new ArrayList<Finding>();
    var optedIn = client.namespaces().withLabel(Injector.LABEL, "true").list().getItems();
    if (optedIn.isEmpty()) {
      findings.add(
          Finding.note(
              "no namespace has opted in",
              "kubectl label namespace NAME " + Injector.LABEL + "=true"));
    }
    for (Namespace found : optedIn) {
      findings.addAll(NamespaceChecks.of(client, found, namespace));
    }
    return findings;
  }

  private void tell(List<Finding> all, Finding finding) {
    all.add(finding);
    spec.commandLine().getOut().println(finding.display());
  }
}
