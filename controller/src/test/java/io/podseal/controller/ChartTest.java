package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Renders the chart with Helm's own engine and looks at what would be installed. */
class ChartTest {
  private static final String KEEP = "helm.sh/resource-policy";
  private static final Path CHART = Path.of("../helm");
  private static final Path GOLDEN = Path.of("src/test/golden/chart");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static final Path HOOKS_SHOWN = copyWithHooksShown();

  @Test
  void lintFindsNothing() {
    var result = new Helm(CHART).lint().strict().call();

    assertThat(result.isFailed()).as(String.valueOf(result.getMessages())).isFalse();
  }

  @Test
  void everythingIsInTheReleaseNamespaceOrHasNone() {
    var objects = render(template());

    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .containsExactlyInAnyOrder(
            "CustomResourceDefinition",
            "CustomResourceDefinition",
            "CustomResourceDefinition",
            "CustomResourceDefinition",
            "ServiceAccount",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
            "Service",
            "Service",
            "Deployment",
            "MutatingWebhookConfiguration",
            "PodDisruptionBudget",
            "NetworkPolicy",
            "ResourceQuota",
            "ServiceAccount",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
            "Job");
    assertThat(objects)
        .allSatisfy(object -> assertThat(object.getMetadata().getNamespace()).isIn(null, "sealed"));
  }

  @Test
  void customResourceDefinitionsOutliveTheRelease() {
    var crds = all(CustomResourceDefinition.class, render(template()));

    assertThat(crds)
        .extracting(crd -> crd.getMetadata().getName())
        .containsExactlyInAnyOrder(
            "securepeerings.podseal.io",
            "peeringgrants.podseal.io",
            "cryptoprofiles.podseal.io",
            "externalpeers.podseal.io");
    assertThat(crds)
        .allSatisfy(
            crd -> assertThat(crd.getMetadata().getAnnotations()).containsEntry(KEEP, "keep"));
    assertThat(all(CustomResourceDefinition.class, render(template().set("crds.install", false))))
        .isEmpty();
    assertThat(all(CustomResourceDefinition.class, render(template().set("crds.keep", false))))
        .hasSize(4)
        .allSatisfy(crd -> assertThat(crd.getMetadata().getAnnotations()).doesNotContainKey(KEEP));
  }

  @Test
  void theRenderedSchemaIsTheGeneratedOne() throws IOException {
    for (var rendered : all(CustomResourceDefinition.class, render(template()))) {
      var generated =
          YAML.unmarshal(
              Files.readString(
                  Path.of("../crds/manifests/" + rendered.getMetadata().getName() + ".yaml")),
              CustomResourceDefinition.class);
      assertThat(rendered.getSpec()).isEqualTo(generated.getSpec());
    }
  }

  @Test
  void noClusterRoleReachesSecrets() {
    for (var role : all(ClusterRole.class, render(template()))) {
      assertThat(role.getRules())
          .isNotEmpty()
          .allSatisfy(rule -> {
            assertThat(rule.getResources()).doesNotContain("secrets", "*");
            assertThat(rule.getVerbs()).doesNotContain("*", "escalate", "bind", "impersonate");
            assertThat(rule.getApiGroups()).doesNotContain("*");
          });
    }
  }

  @Test
  void namedObjectsAreTheOnlySecretsAndConfigMapsItCanReadOrChange() {
    var objects = render(template());
    var rules = new ArrayList<PolicyRule>();
    all(ClusterRole.class, objects).forEach(role -> rules.addAll(role.getRules()));
    all(Role.class, objects).forEach(role -> rules.addAll(role.getRules()));

    assertThat(rules)
        .filteredOn(rule ->
            rule.getResources().contains("secrets") || rule.getResources().contains("configmaps"))
        .hasSize(7)
        .allSatisfy(rule ->
            assertThat(rule.getResourceNames().isEmpty())
                .isEqualTo(rule.getVerbs().equals(List.of("create"))));
  }

  @Test
  void everyRuleHasItsReasonBesideIt() throws IOException {
    int rules = 0;
    for (var template : List.of("rbac.yaml", "cleanup.yaml")) {
      var lines = Files.readAllLines(CHART.resolve("templates").resolve(template));
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).startsWith("  - apiGroups:")) {
          assertThat(lines.get(i - 1)).as("%s:%d", template, i).startsWith("  # ");
          rules++;
        }
      }
    }
    assertThat(rules).isGreaterThan(20);
  }

  @Test
  void theDeploymentRunsUnprivileged() {
    var deployment = only(Deployment.class, render(template()));
    var pod = deployment.getSpec().getTemplate().getSpec();
    var container = pod.getContainers().getFirst();

    assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
    assertThat(pod.getServiceAccountName()).isEqualTo("podseal-controller");
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container.getImage()).isEqualTo("podseal/controller:0.1.0-SNAPSHOT");
    assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/q/health/ready");
  }

  @Test
  void valuesReachTheController() {
    var deployment =
        only(
            Deployment.class,
            render(
                template()
                    .set("trustDomain", "example.org")
                    .set("maxPeersPerPod", 50)
                    .set("image.tag", "v9")));
    var container = deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();

    assertThat(container.getImage()).isEqualTo("podseal/controller:v9");
    assertThat(container.getEnv())
        .filteredOn(env -> env.getValue() != null)
        .extracting(env -> Map.entry(env.getName(), env.getValue()))
        .contains(
            Map.entry("PODSEAL_TRUST_DOMAIN", "example.org"),
            Map.entry("PODSEAL_MAX_PEERS", "50"),
            Map.entry("PODSEAL_SIDECAR_IMAGE", "podseal/sidecar:0.1.0-SNAPSHOT"),
            Map.entry(
                "PODSEAL_SIDECAR_RESOURCES",
                "{\"limits\":{\"memory\":\"256Mi\"},\"requests\":{\"cpu\":\"10m\",\"memory\":\"160Mi\"}}"));
  }

  /** GKE admits pods of a class named system-... outside kube-system only by such a quota. */
  @Test
  void aClassOfTheSystemComesWithAQuotaThatAdmitsItsPodsAndTheHookNeedsNone() {
    var objects = render(template());
    var pod = only(Deployment.class, objects).getSpec().getTemplate().getSpec();
    var quota = only(ResourceQuota.class, objects).getSpec();

    assertThat(quota.getScopeSelector().getMatchExpressions())
        .singleElement()
        .satisfies(scope -> {
          assertThat(scope.getScopeName()).isEqualTo("PriorityClass");
          assertThat(scope.getOperator()).isEqualTo("In");
          assertThat(scope.getValues()).containsExactly(pod.getPriorityClassName());
        });
    assertThat(quota.getHard()).containsExactly(Map.entry("pods", new Quantity("100")));
    assertThat(only(Job.class, objects).getSpec().getTemplate().getSpec().getPriorityClassName())
        .isNull();
    for (var other : List.of("", "high")) {
      assertThat(all(ResourceQuota.class, render(template().set("priorityClassName", other))))
          .isEmpty();
    }
  }

  @Test
  void theServiceHasNoSelectorBecauseTheLeaderWritesItsEndpoint() {
    var objects = render(template());
    var services = all(Service.class, objects);
    var service = services.getFirst();
    var pod = only(Deployment.class, objects).getSpec().getTemplate();

    assertThat(services.getLast().getMetadata().getName()).isEqualTo("podseal-webhook");
    assertThat(pod.getMetadata().getLabels())
        .containsAllEntriesOf(services.getLast().getSpec().getSelector());
    assertThat(service.getMetadata().getName()).isEqualTo("podseal-controller");
    assertThat(service.getSpec().getSelector()).isNullOrEmpty();
    assertThat(service.getSpec().getPorts())
        .singleElement()
        .satisfies(port -> {
          assertThat(port.getName()).isEqualTo("grpc-control");
          assertThat(port.getPort()).isEqualTo(9443);
        });
    assertThat(pod.getSpec().getContainers().getFirst().getPorts())
        .extracting(port -> port.getName() + ":" + port.getContainerPort())
        .containsExactlyInAnyOrder("control:9443", "webhook:9444", "http:8080");
  }

  @Test
  void anUpgradeStartsANewReplicaBeforeItStopsAnOldOne() {
    var strategy = only(Deployment.class, render(template())).getSpec().getStrategy();

    assertThat(strategy.getType()).isEqualTo("RollingUpdate");
    assertThat(strategy.getRollingUpdate().getMaxUnavailable().getIntVal()).isZero();
    assertThat(strategy.getRollingUpdate().getMaxSurge().getIntVal()).isOne();
  }

  @Test
  void theCleanupRunsBeforeTheReleaseGoesEndsInAnyCaseAndReachesKeysOnlyToPurge() {
    var objects = render(template());
    var job = only(Job.class, objects);

    assertThat(job.getMetadata().getAnnotations())
        .containsEntry("shown.helm.sh/hook", "pre-delete");
    // Another attempt would begin with what the first has left, and helm waits 5 minutes.
    assertThat(job.getSpec().getBackoffLimit()).isZero();
    assertThat(job.getSpec().getActiveDeadlineSeconds()).isBetween(180L, 270L);
    assertThat(job.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs())
        .containsExactly("cleanup");
    // The controller's pods are counted by their labels; this must not be one of them.
    assertThat(job.getSpec().getTemplate().getMetadata().getLabels())
        .doesNotContainEntry("app.kubernetes.io/name", "podseal-controller");
    assertThat(cleanupRules(objects)).noneMatch(rule -> rule.getResources().contains("secrets"));

    var purging = render(template().set("purge", true));
    assertThat(
            only(Job.class, purging)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs())
        .containsExactly("cleanup", "--purge");
    assertThat(cleanupRules(purging)).anyMatch(rule -> rule.getResources().contains("secrets"));
  }

  private static List<PolicyRule> cleanupRules(Collection<HasMetadata> objects) {
    return all(Role.class, objects).stream()
        .filter(role -> role.getMetadata().getName().equals("podseal-cleanup"))
        .flatMap(role -> role.getRules().stream())
        .toList();
  }

  @Test
  void theWebhookFailsClosedButOnlyForNamespacesThatOptedIn() {
    var webhook =
        only(MutatingWebhookConfiguration.class, render(template())).getWebhooks().getFirst();

    assertThat(webhook.getFailurePolicy()).isEqualTo("Fail");
    assertThat(webhook.getReinvocationPolicy()).isEqualTo("IfNeeded");
    assertThat(webhook.getNamespaceSelector().getMatchExpressions())
        .extracting(rule -> rule.getKey() + " " + rule.getOperator() + " " + rule.getValues())
        .containsExactly(
            "podseal.io/inject In [true]",
            "kubernetes.io/metadata.name NotIn [kube-system, kube-public, kube-node-lease,"
                + " sealed]");
    assertThat(webhook.getClientConfig().getCaBundle()).isNull();
  }

  /** istio#26380: with the webhook down nothing can be created, and somebody must know the way. */
  @Test
  void istio26380_theNotesNameTheWayOutOfADeadWebhook() throws IOException {
    assertThat(Files.readString(CHART.resolve("templates/NOTES.txt")))
        .contains("kubectl delete mutatingwebhookconfiguration podseal-injector")
        .contains("helm upgrade brings the webhook back");
  }

  /** argo-cd#1487, dapr#5066: what Helm makes anew at each rendering fights whoever compares. */
  @Test
  void argocd1487_theChartHoldsNoCertificateNoCaBundleAndNothingRandom() {
    var once = template().call();
    assertThat(once).doesNotContain("caBundle:", "BEGIN CERTIFICATE", "tls.crt");
    assertThat(template().call()).isEqualTo(once);
  }

  @Test
  void aKubernetesThatIsTooOldIsRefused() {
    assertThatThrownBy(() -> template().withKubeVersion("1.30.9").call())
        .hasMessageContaining("1.31");
    assertThat(template().withKubeVersion("1.31.0").call()).isNotEmpty();
  }

  @Test
  void aMistypedValueIsRefusedAndNotIgnored() {
    assertThatThrownBy(() -> template().set("trustDomian", "example.org").call())
        .hasMessageContaining("trustDomian");
    assertThatThrownBy(() -> template().set("trustDomain", "Not A Domain").call())
        .hasMessageContaining("trustDomain");
    assertThatThrownBy(() -> template().set("image.repo", "x").call()).hasMessageContaining("repo");
    for (var typo :
        List.of(
            "crds.kep",
            "networkPolicy.enable",
            "sidecar.image.repo",
            "sidecar.loglevel",
            "sidecar.resources.limit",
            "resources.limit")) {
      assertThatThrownBy(() -> template().set(typo, "x").call())
          .as(typo)
          .hasMessageContaining(typo.substring(typo.lastIndexOf('.') + 1));
    }
    assertThatThrownBy(() -> template().set("purge", "maybe").call()).hasMessageContaining("purge");
    assertThatThrownBy(() -> template().set("replicas", 0).call()).hasMessageContaining("replicas");
    assertThatThrownBy(() -> template().set("maxPeersPerPod", 0).call())
        .hasMessageContaining("maxPeersPerPod");
  }

  /**
   * A change of what is installed is seen in review; PODSEAL_GOLDEN=write writes the files anew.
   */
  @ParameterizedTest
  @ValueSource(strings = {"defaults", "purging", "everything"})
  void theRenderedChartIsTheOneInTheGoldenFile(String values) throws IOException {
    var golden = GOLDEN.resolve(values + ".yaml");
    var rendered =
        template()
            .set("crds.install", false)
            .withValuesFile(GOLDEN.resolve(values + ".values.yaml"))
            .call();

    if ("write".equals(System.getenv("PODSEAL_GOLDEN"))) {
      Files.writeString(golden, rendered);
    }
    assertThat(rendered)
        .as(
            "regenerate: PODSEAL_GOLDEN=write ./mvnw -pl controller -am test -Dtest=ChartTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false")
        .isEqualTo(Files.readString(golden));
  }

  private static TemplateCommand template() {
    return new Helm(HOOKS_SHOWN)
        .template()
        .withName("podseal")
        .withNamespace("sealed")
        .withKubeVersion("1.31.0");
  }

  private static Collection<HasMetadata> render(TemplateCommand command) {
    var objects = new ArrayList<HasMetadata>();
    for (var document : command.call().split("(?m)^---$", -1)) {
      if (document.lines().anyMatch(line -> line.startsWith("kind:"))) {
        objects.add(YAML.unmarshal(document));
      }
    }
    return objects;
  }

  /** The chart with hooks that are objects as others, because helm-java renders no hooks. */
  private static Path copyWithHooksShown() {
    try (var files = Files.walk(CHART)) {
      var copy = Files.createTempDirectory(Path.of("target"), "chart-");
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var to = copy.resolve(CHART.relativize(file));
        Files.createDirectories(to.getParent());
        Files.writeString(
            to, Files.readString(file).replaceAll("(?m)^helm\\.sh/hook:", "shown.helm.sh/hook:"));
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T extends HasMetadata> List<T> all(
      Class<T> type, Collection<HasMetadata> objects) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static <T extends HasMetadata> T only(Class<T> type, Collection<HasMetadata> objects) {
    var found = all(type, objects);
    assertThat(found).hasSize(1);
    return found.getFirst();
  }
}
