package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.kube.Podsealctl;
import io.podseal.e2e.kube.Tokens;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The rights of the chart's pre-delete hook are those that its command needs: with all of them it
 * removes everything, and without any one it fails. On an API server of its own in any case,
 * because it deletes every peering that is there.
 */
@Tag("api")
class HookPermissionsIT {
  private static final String NAMESPACE = "podseal-system";
  private static final String ACCOUNT = "podseal-cleanup";
  private static final String CONTROLLER = "podseal-controller";
  private static final List<String> DECLARATIONS =
      List.of("smallest-peering", "grant", "profile", "external-peer-by-address");
  private static final String OURS =
      "secrets,configmaps,leases,endpointslices,securepeerings,peeringgrants,cryptoprofiles,"
          + "externalpeers";

  private final Resources owned = new Resources();
  private final Path folder = folder();
  private final ControlPlane plane = owned.add(ControlPlane.start(folder));
  private final KubernetesClient client = plane.client();
  private final Chart chart = new Chart(plane.kubeconfig(), NAMESPACE);

  /** What one role of the hook grants, one by one. */
  private record Granted(HasMetadata role, List<PolicyRule> rights) {
    /** The same role with these rights only. */
    HasMetadata with(List<PolicyRule> some) {
      return role instanceof ClusterRole cluster
          ? new ClusterRoleBuilder(cluster).withRules(some).build()
          : new RoleBuilder((Role) role).withRules(some).build();
    }

    /** Where it grants; empty for everywhere. */
    String namespace() {
      return role instanceof Role ? role.getMetadata().getNamespace() : "";
    }
  }

  @BeforeEach
  void install() {
    for (var name : List.of(NAMESPACE, "shop")) {
      put(new NamespaceBuilder().withMetadata(meta("", name)).build());
    }
    chart.installCrds();
  }

  @AfterEach
  void stop() {
    owned.close();
  }

  @Test
  void withTheRightsOfThePurgingHookNothingIsLeft() throws IOException {
    grant("purge=true");
    leaveEverything();

    hook("cleanup", "--purge").must();
    assertThat(left()).isEmpty();
  }

  @Test
  void withTheRightsOfTheHookOnlyWhatUsersDependOnIsLeft() throws IOException {
    grant("purge=false");
    leaveEverything();

    hook("cleanup").must();
    assertThat(left())
        .contains("secret/podseal-master", "secret/podseal-ca", "configmap/podseal-key-epoch")
        .anyMatch(name -> name.startsWith("securepeering"))
        .noneMatch(name -> name.matches("(lease|endpointslice|configmap/podseal-ca).*"));
    assertThat(hook("cleanup", "--purge").ok()).as("purging was not asked for").isFalse();
  }

  @Test
  void withoutAnyOneOfItsRightsTheHookFailsAndNamesIt() throws IOException {
    int tried = 0;
    for (var granted : grant("purge=true")) {
      for (var right : granted.rights()) {
        var others = new ArrayList<>(granted.rights());
        others.remove(right);
        leaveEverything();
        put(granted.with(others));
        await(right + " is granted once").until(() -> !allowed(granted.namespace(), right));

        var result = hook("cleanup", "--purge");
        assertThat(result.exit()).as("exit code without %s", right).isEqualTo(1);
        assertThat(result.err())
            .contains("cannot clean up", "forbidden", right.getResources().getFirst());

        put(granted.role());
        await().until(() -> allowed(granted.namespace(), right));
        tried++;
      }
    }
    assertThat(tried).isGreaterThan(15);
  }

  /** Gives the hook's account what the chart with these values gives it. */
  private List<Granted> grant(String values) {
    var roles = new ArrayList<Granted>();
    for (var object : rendered(values)) {
      if (object.getMetadata().getName().equals(ACCOUNT) && !object.getKind().equals("Job")) {
        put(object);
        if (object instanceof ClusterRole role) {
          roles.add(new Granted(role, oneByOne(role.getRules())));
        } else if (object instanceof Role role) {
          roles.add(new Granted(role, oneByOne(role.getRules())));
        }
      }
    }
    assertThat(roles).hasSize(2);
    for (var role : roles) {
      await()
          .until(() -> role.rights().stream().allMatch(right -> allowed(role.namespace(), right)));
    }
    return roles;
  }

  private List<HasMetadata> rendered(String values) {
    var yaml = chart.renderWith(values).getBytes(StandardCharsets.UTF_8);
    return client.load(new ByteArrayInputStream(yaml)).items();
  }

  private static List<PolicyRule> oneByOne(List<PolicyRule> rules) {
    return rules.stream().flatMap(HookPermissionsIT::oneByOne).toList();
  }

  private static Stream<PolicyRule> oneByOne(PolicyRule rule) {
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .flatMap(resource ->
                    rule.getVerbs().stream()
                        .flatMap(verb ->
                            names(rule)
                                .map(named ->
                                    new PolicyRuleBuilder()
                                        .withApiGroups(group)
                                        .withResources(resource)
                                        .withVerbs(verb)
                                        .withResourceNames(named)
                                        .build()))));
  }

  private static Stream<List<String>> names(PolicyRule rule) {
    var names = rule.getResourceNames();
    return names.isEmpty() ? Stream.of(List.of()) : names.stream().map(List::of);
  }

  private boolean allowed(String namespace, PolicyRule right) {
    var names = right.getResourceNames();
    return client
        .resource(
            new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser("system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT)
                .withNewResourceAttributes()
                .withNamespace(namespace)
                .withGroup(right.getApiGroups().getFirst())
                .withResource(right.getResources().getFirst())
                .withVerb(right.getVerbs().getFirst())
                .withName(names.isEmpty() ? "" : names.getFirst())
                .endResourceAttributes()
                .endSpec()
                .build())
        .create()
        .getStatus()
        .getAllowed();
  }

  /** One of each that a controller and its users leave. */
  private void leaveEverything() throws IOException {
    var controller = meta(NAMESPACE, CONTROLLER);
    rendered("purge=true").stream()
        .filter(object -> object.getKind().matches("Deployment|MutatingWebhookConfiguration"))
        .forEach(this::put);
    put(new LeaseBuilder().withMetadata(controller).build());
    put(new EndpointSliceBuilder().withMetadata(controller).withAddressType("IPv4").build());
    put(new ConfigMapBuilder().withMetadata(meta("shop", "podseal-ca")).build());
    put(new ConfigMapBuilder().withMetadata(meta(NAMESPACE, "podseal-key-epoch")).build());
    put(new SecretBuilder().withMetadata(meta(NAMESPACE, "podseal-master")).build());
    put(new SecretBuilder().withMetadata(meta(NAMESPACE, "podseal-ca")).build());
    for (var file : DECLARATIONS) {
      try (var sample = Files.newInputStream(Path.of("../crds/samples/good/" + file + ".yaml"))) {
        client.load(sample).items().forEach(declared -> put("shop", declared));
      }
    }
  }

  /** What is left of that, as {@code kind/name}; a Deployment is Helm's to remove. */
  private List<String> left() {
    return Stream.of(NAMESPACE, "shop")
        .flatMap(namespace -> kubectl("get", OURS, "-n", namespace, "-o", "name").lines())
        .filter(name -> !name.contains("kube-root-ca"))
        .toList();
  }

  private void put(String namespace, HasMetadata object) {
    object.getMetadata().setNamespace(namespace);
    put(object);
  }

  private void put(HasMetadata object) {
    client.resource(object).createOr(NonDeletingOperation::update);
  }

  private static ObjectMeta meta(String namespace, String name) {
    return new ObjectMetaBuilder()
        .withNamespace(namespace.isEmpty() ? null : namespace)
        .withName(name)
        .build();
  }

  private Command.Result hook(String... arguments) throws IOException {
    var token = Tokens.of(client, NAMESPACE, ACCOUNT).mint(Duration.ofHours(1));
    var kubeconfig = Files.writeString(folder.resolve(ACCOUNT), plane.kubeconfigWith(token));
    return new Podsealctl(kubeconfig).run(arguments);
  }

  private String kubectl(String... arguments) {
    var line = new ArrayList<>(List.of("kubectl", "--kubeconfig", plane.kubeconfig().toString()));
    line.addAll(List.of(arguments));
    return new Command(line, Duration.ofSeconds(60)).must();
  }

  private static Path folder() {
    try {
      var parent = Files.createDirectories(Path.of("target", "hook"));
      return Files.createTempDirectory(parent, "run-").toAbsolutePath();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
