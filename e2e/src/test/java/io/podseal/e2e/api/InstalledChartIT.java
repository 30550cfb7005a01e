package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.cluster.Controller;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.kube.Podsealctl;
import io.podseal.e2e.kube.Tokens;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The whole chart on a real API server, in a namespace that enforces the strictest Pod Security:
 * installed by Helm, with a controller of its rights; and removed, by the command of the hook with
 * the rights of the hook. On an API server of its own in any case, because it deletes every peering
 * and every CRD of Podseal that is there.
 */
@Tag("api")
class InstalledChartIT {
  private static final String NAMESPACE = "podseal-system";
  private static final String OURS =
      "deployments,secrets,configmaps,leases,endpointslices,resourcequotas";

  private final Resources owned = new Resources();
  private final Path folder = folder();
  private final ControlPlane plane = owned.add(ControlPlane.start(folder));
  private final KubernetesClient client = plane.client();

  @BeforeEach
  void openNamespaces() {
    for (var name : List.of(NAMESPACE, "shop")) {
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(name)
                  .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                  .addToLabels("podseal.io/inject", name.equals("shop") ? "true" : "false")
                  .endMetadata()
                  .build())
          .create();
    }
  }

  @AfterEach
  void stop() {
    owned.close();
  }

  @Test
  void everyPodOfTheChartIsAdmittedWhereRestrictedIsEnforcedAndClassesOfTheSystemAreLimited() {
    run("helm", "install", "podseal", "../helm", "--no-hooks").must();
    admit("cleanup", hooks());
    countQuotas();
    var deployment = client.apps().deployments().inNamespace(NAMESPACE).list().getItems();
    assertThat(deployment).hasSize(1);
    // It hears of the quota a moment later.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThatCode(() -> admit("controller", deployment.getFirst()))
                .doesNotThrowAnyException());
    assertThat(run("kubectl", "get", "crd", "securepeerings.podseal.io").ok()).isTrue();
  }

  @Test
  void theNextStepThatHelmPrintsIsOneThatTheApiServerTakes() throws IOException {
    var notes = run("helm", "install", "podseal", "../helm", "--no-hooks").must();
    var example = Pattern.compile("<<'EOF'\n(.*?)\n *EOF", Pattern.DOTALL).matcher(notes);
    assertThat(example.find()).as(notes).isTrue();
    var file = Files.writeString(folder.resolve("next-step.yaml"), example.group(1).indent(-2));

    assertThat(notes).contains("kubectl label namespace NAME podseal.io/inject=true");
    assertThat(
            run("kubectl", "label", "namespace", "shop", "podseal.io/inject=true", "--overwrite"))
        .matches(Command.Result::ok);
    assertThat(run("kubectl", "-n", "shop", "apply", "-f", file.toString()).must())
        .contains("securepeering.podseal.io/orders-to-db created");
    assertThat(run("kubectl", "-n", "shop", "get", "securepeerings").must())
        .contains("orders-to-db");
  }

  @Test
  void cleaningUpLeavesWhatUsersDependOnAndPurgingLeavesNothing() throws IOException {
    run("helm", "install", "podseal", "../helm", "--set", "purge=true,crds.keep=false").must();
    try (var sample = Files.newInputStream(Path.of("../crds/samples/good/smallest-peering.yaml"))) {
      client.load(sample).inNamespace("shop").create();
    }
    var controller =
        Controller.replica(
            "127.0.0.1",
            kubeconfig("podseal-controller"),
            Controller.freePort(),
            folder.resolve("controller.log"),
            Map.of("PODSEAL_POD_IP", "198.18.0.1"));
    try (controller) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> client.configMaps().inNamespace("shop").withName("podseal-ca").get() != null);
    }
    assertThat(ours()).contains("podseal-master", "podseal-controller", "podseal-key-epoch");
    run("kubectl", "apply", "-f", hooksFile().toString()).must();
    var hook = kubeconfig("podseal-cleanup");

    assertThat(cleanup(hook, "cleanup").must()).contains("stopped", "ConfigMap shop/podseal-ca");
    assertThat(
            client
                .apps()
                .deployments()
                .inNamespace(NAMESPACE)
                .withName("podseal-controller")
                .get()
                .getSpec()
                .getReplicas())
        .isZero();
    assertThat(client.configMaps().inNamespace("shop").withName("podseal-ca").get()).isNull();
    assertThat(ours())
        .contains("secret/podseal-master", "secret/podseal-ca", "configmap/podseal-key-epoch")
        .doesNotContain("lease.coordination", "endpointslice.discovery");
    assertThat(run("kubectl", "get", "securepeerings", "-n", "shop", "-o", "name").must())
        .isNotBlank();

    cleanup(hook, "cleanup", "--purge").must();
    assertThat(run("kubectl", "get", "securepeerings", "-A", "-o", "name").must()).isBlank();
    run("helm", "uninstall", "podseal", "--no-hooks").must();
    assertThat(ours()).isBlank();
    assertThat(run("kubectl", "get", "crd", "-o", "name").must()).doesNotContain("podseal.io");
  }

  /** As a controller manager does, which is not here; without it no quota admits anything. */
  private void countQuotas() {
    for (var quota : client.resourceQuotas().inNamespace(NAMESPACE).list().getItems()) {
      client
          .resource(
              new ResourceQuotaBuilder(quota)
                  .withNewStatus()
                  .withHard(quota.getSpec().getHard())
                  .withUsed(Map.of("pods", new Quantity("0")))
                  .endStatus()
                  .build())
          .updateStatus();
    }
  }

  private void admit(String name, Deployment deployment) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withSpec(deployment.getSpec().getTemplate().getSpec())
                .build())
        .dryRun()
        .create();
  }

  private void admit(String name, Job job) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withSpec(job.getSpec().getTemplate().getSpec())
                .build())
        .dryRun()
        .create();
  }

  private Job hooks() {
    try (var yaml = Files.newInputStream(hooksFile())) {
      return client.load(yaml).items().stream()
          .filter(Job.class::isInstance)
          .map(Job.class::cast)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path hooksFile() {
    var yaml =
        run(
                "helm",
                "template",
                "podseal",
                "../helm",
                "--set",
                "purge=true",
                "--show-only",
                "templates/cleanup.yaml")
            .must();
    try {
      return Files.writeString(folder.resolve("hooks.yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String ours() {
    var names = new StringBuilder();
    for (var namespace : List.of(NAMESPACE, "shop")) {
      run("kubectl", "get", OURS, "-n", namespace, "-o", "name")
          .must()
          .lines()
          .filter(name -> name.contains("podseal"))
          .forEach(name -> names.append(name).append('\n'));
    }
    return names.toString();
  }

  private Path kubeconfig(String account) throws IOException {
    var token = Tokens.of(client, NAMESPACE, account).mint(Duration.ofHours(1));
    return Files.writeString(folder.resolve(account), plane.kubeconfigWith(token));
  }

  private static Command.Result cleanup(Path kubeconfig, String... arguments) {
    return new Podsealctl(kubeconfig).run(arguments);
  }

  private Command.Result run(String... line) {
    var whole =
        new ArrayList<>(
            List.of("env", "KUBECONFIG=" + plane.kubeconfig(), "HELM_NAMESPACE=" + NAMESPACE));
    whole.addAll(Arrays.asList(line));
    return new Command(whole, Duration.ofSeconds(60)).run();
  }

  private static Path folder() {
    try {
      var parent = Files.createDirectories(Path.of("target", "chart"));
      return Files.createTempDirectory(parent, "run-").toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
