package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Renders the chart with Helm's own engine and looks at what would be installed. */
class ChartTest {
  private static final Path CHART = Path.of("../helm");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

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
            "PodDisruptionBudget",
            "NetworkPolicy",
            "MutatingWebhookConfiguration");
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
        .allSatisfy(crd ->
            assertThat(crd.getMetadata().getAnnotations())
                .containsEntry("helm.sh/resource-policy", "keep"));
    assertThat(all(CustomResourceDefinition.class, render(template().set("crds.install", false))))
        .isEmpty();
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
        .hasSize(6)
        .allSatisfy(rule ->
            assertThat(rule.getResourceNames().isEmpty())
                .isEqualTo(rule.getVerbs().equals(List.of("create"))));
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
            Map.entry("PODSEAL_TRUST_DOMAIN", "example.org"), Map.entry("PODSEAL_MAX_PEERS", "50"));
  }

  @Test
  void theServiceOfTheControlPlaneIsLedByTheLeaderAndTheWebhooksByItsLabels() {
    var objects = render(template());
    var services = all(Service.class, objects);
    var pod = only(Deployment.class, objects).getSpec().getTemplate();

    assertThat(services)
        .extracting(service -> service.getMetadata().getName())
        .containsExactly("podseal-controller", "podseal-webhook");
    assertThat(services.getFirst().getSpec().getSelector()).isNullOrEmpty();
    assertThat(services.getFirst().getSpec().getPorts())
        .singleElement()
        .satisfies(port -> {
          assertThat(port.getName()).isEqualTo("grpc-control");
          assertThat(port.getPort()).isEqualTo(9443);
        });
    assertThat(pod.getMetadata().getLabels())
        .containsAllEntriesOf(services.getLast().getSpec().getSelector());
    assertThat(pod.getSpec().getContainers().getFirst().getPorts())
        .anySatisfy(port -> {
          assertThat(port.getName()).isEqualTo("webhook");
          assertThat(port.getContainerPort()).isEqualTo(9444);
        });
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

  @Test
  void aMistypedValueIsRefusedAndNotIgnored() {
    assertThatThrownBy(() -> template().set("trustDomian", "example.org").call())
        .hasMessageContaining("trustDomian");
    assertThatThrownBy(() -> template().set("trustDomain", "Not A Domain").call())
        .hasMessageContaining("trustDomain");
    assertThatThrownBy(() -> template().set("image.repo", "x").call()).hasMessageContaining("repo");
    assertThatThrownBy(() -> template().set("crds.kept", false).call())
        .hasMessageContaining("kept");
    assertThatThrownBy(() -> template().set("networkPolicy.enable", true).call())
        .hasMessageContaining("enable");
    assertThatThrownBy(() -> template().set("sidecar.image.pullPolicy", "Sometimes").call())
        .hasMessageContaining("pullPolicy");
    assertThatThrownBy(() -> template().set("maxPeersPerPod", 0).call())
        .hasMessageContaining("maxPeersPerPod");
  }

  private static TemplateCommand template() {
    return new Helm(CHART)
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
