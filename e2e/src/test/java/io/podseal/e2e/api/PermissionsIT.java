package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.podseal.e2e.cluster.Controller;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The rights that the chart gives the controller are those that it uses: the API server's audit log
 * of a life with all its events names each rule, and nothing that was forbidden. On an API server
 * of its own in any case: nobody else's shows its audit log.
 */
@Tag("api")
class PermissionsIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String USER = "system:serviceaccount:podseal-system:podseal-controller";

  @Test
  void everyRuleIsNeededAndNoneIsMissing() throws IOException {
    var folder = Files.createDirectories(Path.of("target", "permissions")).toAbsolutePath();
    try (var plane = ControlPlane.start(Files.createTempDirectory(folder, "run-"));
        var controller = LiveController.start(plane.client(), plane.kubeconfig(), folder)) {
      live(plane, controller);
      var granted = granted(plane);
      assertThat(granted).hasSizeGreaterThan(20);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(used(plane, granted))
                  .as("the rules that it used, each by name and place")
                  .isEqualTo(granted));
      assertThat(asked(plane, false)).as("what it was refused").isEmpty();
    }
  }

  @Test
  void aMissingRuleIsNamedAtTheStartWithWhatItCosts() throws IOException {
    var folder = Files.createDirectories(Path.of("target", "permissions")).toAbsolutePath();
    try (var plane = ControlPlane.start(Files.createTempDirectory(folder, "lacking-"))) {
      var rights = Rights.install(plane.client(), plane.kubeconfig());
      plane
          .client()
          .rbac()
          .clusterRoles()
          .withName("podseal-controller")
          .edit(role -> {
            role.getRules().removeIf(rule -> rule.getResources().contains("tokenreviews"));
            return role;
          });
      var kubeconfig = rights.kubeconfig(folder.resolve("lacking.kubeconfig"));
      var log = folder.resolve("lacking.log");
      Files.deleteIfExists(log);
      try (var controller =
          Controller.replica(
              "127.0.0.1",
              kubeconfig,
              Controller.freePort(),
              log,
              Map.of("PODSEAL_POD_IP", "198.18.0.1"))) {
        assertThat(controller.process().logged().lines().filter(l -> l.contains("permission")))
            .singleElement()
            .asString()
            .contains(
                "missing permission: create tokenreviews.authentication.k8s.io",
                "no sidecar can connect");
      }
    }
  }

  /** Everything that makes a controller ask for something. */
  private static void live(ControlPlane plane, LiveController controller) {
    var client = plane.client();
    controller.optIn("shop");
    // Its caBundle is missing, and is written; its name is not one that the certificate has.
    WebhookWorld.configure(
        plane.client(), plane.kubeconfig(), new Route.Here(), controller.webhookPort());
    var configurations = client.admissionRegistration().v1().mutatingWebhookConfigurations();
    var configuration = configurations.withName(WebhookWorld.CONFIGURATION);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            configuration.get().getWebhooks().getFirst().getClientConfig().getCaBundle() != null);
    configuration.delete();
    for (var file : List.of("smallest-peering", "grant", "profile", "external-peer-by-address")) {
      try (var sample = Files.newInputStream(Path.of("../crds/samples/good/" + file + ".yaml"))) {
        client.load(sample).inNamespace("shop").create();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    var orders = controller.pod("shop", "orders", "orders");
    try (var sidecar = controller.connect(orders)) {
      await().until(() -> !sidecar.updates().isEmpty());
      // The token of a pod that has just gone makes the controller look for it.
      var gone = controller.pod("shop", "gone", "orders");
      var token = controller.token(gone, "podseal");
      try (var early = controller.connect("shop", token)) {
        await().until(() -> !early.updates().isEmpty());
      }
      controller.delete(gone);
      try (var late = controller.connect("shop", token)) {
        await().until(() -> late.ended() != null);
      }
    }
    client
        .configMaps()
        .inNamespace("shop")
        .withName("podseal-ca")
        .edit(map -> new ConfigMapBuilder(map).addToData("ca.crt", "spoilt").build());
    // An operator wants a new certificate authority.
    var authority = client.secrets().inNamespace(LiveController.NAMESPACE).withName("podseal-ca");
    authority.edit(secret ->
        new SecretBuilder(secret)
            .editMetadata()
            .addToAnnotations("podseal.io/renew", "now")
            .endMetadata()
            .build());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> authority.get().getData().containsKey("next.crt"));
    // The EndpointSlice of a leader that was elsewhere.
    client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(LiveController.NAMESPACE)
        .withName("podseal-controller")
        .edit(slice ->
            new EndpointSliceBuilder(slice)
                .editFirstEndpoint()
                .withAddresses("198.18.0.9")
                .endEndpoint()
                .build());
    // A sidecar that was given keys which the Secret does not have: it is written anew.
    try (var sidecar = controller.silent("shop", controller.token(orders, "podseal"))) {
      sidecar.hello(7);
      await()
          .until(() ->
              client
                  .secrets()
                  .inNamespace(LiveController.NAMESPACE)
                  .withName("podseal-master")
                  .get()
                  .getData()
                  .containsKey("epoch-8"));
    }
  }

  /**
   * One permission, or one request.
   *
   * @param namespace empty for all
   * @param name empty for all
   */
  private record Right(String namespace, String group, String resource, String verb, String name)
      implements Comparable<Right> {
    /** Most specific first, so that a request counts for the narrowest rule that lets it pass. */
    private static final Comparator<Right> NARROWEST =
        Comparator.comparing((Right right) -> right.name().isEmpty())
            .thenComparing(right -> right.namespace().isEmpty())
            .thenComparing(Right::toString);

    boolean covers(Right request) {
      return (namespace.isEmpty() || namespace.equals(request.namespace))
          && (name.isEmpty() || name.equals(request.name))
          && group.equals(request.group)
          && resource.equals(request.resource)
          && verb.equals(request.verb);
    }

    @Override
    public int compareTo(Right other) {
      return NARROWEST.compare(this, other);
    }
  }

  private static SortedSet<Right> granted(ControlPlane plane) {
    var rendered = new Chart(plane.kubeconfig(), LiveController.NAMESPACE).render("rbac.yaml");
    var objects =
        plane
            .client()
            .load(new ByteArrayInputStream(rendered.getBytes(StandardCharsets.UTF_8)))
            .items();
    var granted = new TreeSet<Right>();
    for (HasMetadata object : objects) {
      if (object instanceof ClusterRole role) {
        role.getRules().forEach(rule -> expand("", rule).forEach(granted::add));
      } else if (object instanceof Role role) {
        var namespace = role.getMetadata().getNamespace();
        role.getRules().forEach(rule -> expand(namespace, rule).forEach(granted::add));
      }
    }
    return granted;
  }

  private static Stream<Right> expand(String namespace, PolicyRule rule) {
    var names = rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .flatMap(resource ->
                    rule.getVerbs().stream()
                        .flatMap(verb ->
                            names.stream()
                                .map(name -> new Right(namespace, group, resource, verb, name)))));
  }

  /** The rules that let requests pass, each request's narrowest; and what passed without one. */
  private static SortedSet<Right> used(ControlPlane plane, SortedSet<Right> granted) {
    return asked(plane, true).stream()
        .map(request ->
            granted.stream().filter(right -> right.covers(request)).findFirst().orElse(request))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<Right> asked(ControlPlane plane, boolean allowed) {
    try (var lines = Files.lines(plane.auditLog())) {
      return lines
          .map(PermissionsIT::parse)
          .filter(event -> event.at("/user/username").asText().equals(USER))
          .filter(event -> (event.at("/responseStatus/code").asInt() != 403) == allowed)
          .filter(event -> event.has("objectRef"))
          // Whoever is known may ask what they may do.
          .filter(event -> !event.at("/objectRef/apiGroup").asText().equals("authorization.k8s.io"))
          .map(event -> {
            var object = event.get("objectRef");
            return new Right(
                object.path("namespace").asText(),
                object.path("apiGroup").asText(),
                object.path("resource").asText()
                    + (object.has("subresource") ? "/" + object.get("subresource").asText() : ""),
                event.path("verb").asText(),
                object.path("name").asText());
          })
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(line, e);
    }
  }
}
