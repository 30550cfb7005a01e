package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real API server asks the webhook of a real controller, and keeps what it is answered. */
@Tag("api")
@ExtendWith(Api.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhookIT {
  private static final String RICH =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: rich, labels: {app: rich}, annotations: {team: shop}}
      spec:
        schedulerName: nobody
        serviceAccountName: default
        automountServiceAccountToken: false
        hostUsers: false
        setHostnameAsFQDN: true
        schedulingGates: [{name: example.org/hold}]
        topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway,
             labelSelector: {matchLabels: {team: shop}}, matchLabelKeys: [app]}
        volumes: [{name: data, emptyDir: {sizeLimit: 1Mi}}]
        initContainers: [{name: first, image: first}]
        containers:
          - name: app
            image: app
            ports: [{name: http, containerPort: 8080}]
            resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]
            volumeMounts: [{name: data, mountPath: /data, recursiveReadOnly: Disabled}]
            readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 3}
            livenessProbe: {exec: {command: [/bin/true]}}
      """;

  private WebhookWorld world;

  @BeforeAll
  void start() {
    world = WebhookWorld.start("answers");
  }

  @AfterAll
  void stop() {
    world.close();
  }

  /** istio#11130: an application that starts before its proxy has no network at first. */
  @Test
  void istio11130_aPodOfAnOptedInNamespaceStartsWithItsSidecarBeforeItsOwnInitContainers() {
    var pod = world.created(world.shop(), RICH.replace("name: rich,", "name: first-of-all,"));

    assertThat(WebhookWorld.initContainers(pod)).containsExactly("podseal", "first");
    var sidecar = pod.at("/spec/initContainers/0");
    assertThat(sidecar.path("restartPolicy").asText()).isEqualTo("Always");
    assertThat(sidecar.at("/startupProbe/httpGet/path").asText()).isEqualTo("/readyz");
    var probe = pod.at("/spec/containers/0/readinessProbe");
    assertThat(probe.at("/httpGet/path").asText()).isEqualTo("/probe/app/readinessProbe");
    assertThat(probe.at("/httpGet/port").asInt()).isEqualTo(9808);
    assertThat(pod.at("/spec/containers/0/livenessProbe/exec").isMissingNode()).isFalse();
    assertThat(annotation(pod, "kubectl.kubernetes.io/default-container")).isEqualTo("app");
  }

  @Test
  void everythingElseOfThePodIsAsInANamespaceThatDidNotOptIn() {
    var unsealed = world.namespace(Map.of());
    var plain = (ObjectNode) world.created(unsealed, RICH).path("spec");
    var sealed = (ObjectNode) world.created(world.shop(), RICH).path("spec");

    sealed.withArray("initContainers").remove(0);
    var volumes = sealed.withArray("volumes");
    for (int i = volumes.size() - 1; i >= 0; i--) {
      if (volumes.get(i).path("name").asText().startsWith("podseal-")) {
        volumes.remove(i);
      }
    }
    for (var spec : new ObjectNode[] {plain, sealed}) {
      ((ObjectNode) spec.at("/containers/0")).remove("readinessProbe");
    }

    assertThat(sealed).isEqualTo(plain);
    assertThat(plain.path("hostUsers").isBoolean()).isTrue();
  }

  @Test
  void fieldsOfANewerKubernetesAreNotTouchedByThePatch() throws IOException {
    var ca =
        Files.write(world.folder().resolve("ca.crt"), Base64.getDecoder().decode(world.caBundle()));
    var review =
        """
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
          "uid": "1", "operation": "CREATE", "kind": {"kind": "Pod"}, "namespace": "SHOP", "dryRun": true,
          "object": {"metadata": {"name": "new", "future": 1}, "spec": {"future": {"a": [1.0, null]},
            "containers": [{"name": "app", "image": "app", "future": true}]}}}}
        """;
    var url = "https://localhost:" + world.controller().webhookPort() + "/inject";
    var answer =
        Command.of("curl", "-sS", "--cacert", ca.toString(), "--data-binary", "@-", url)
            .run(review.replace("SHOP", world.shop()));
    var response = WebhookWorld.parse(answer.must()).path("response");
    var patch =
        WebhookWorld.parse(
            new String(
                Base64.getDecoder().decode(response.path("patch").asText()),
                StandardCharsets.UTF_8));

    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(patch).isNotEmpty();
    assertThat(patch)
        .allSatisfy(step -> assertThat(step.path("op").asText()).isEqualTo("add"))
        .allSatisfy(step ->
            assertThat(step.path("path").asText())
                .doesNotContain("future")
                .doesNotStartWith("/spec/containers")
                .isNotEqualTo("/metadata")
                .isNotEqualTo("/spec"));
  }

  /**
   * istio#26380, istio#21147: what the cluster needs to start is never asked for, even labelled.
   */
  @Test
  void istio26380_kubeSystemIsNotTouchedEvenIfSomebodyLabelsIt() {
    for (var name : reserved("kube-system", "kube-public")) {
      world.controller().optIn(name);

      var pod = world.created(name, WebhookWorld.pod("dns", ""));

      assertThat(WebhookWorld.initContainers(pod)).as(name).isEmpty();
    }
  }

  /** linkerd2#10232, istio#35894: Pod Security refuses the sidecar; both ends say what to do. */
  @Test
  void linkerd10232_aPodOfANamespaceThatEnforcesBaselineIsRefusedAndThePeeringSaysWhy() {
    var tight =
        world.namespace(
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/enforce", "baseline"));
    var kubeconfig = world.kubeconfig().toString();
    Command.of("kubectl", "--kubeconfig", kubeconfig, "-n", tight, "apply", "-f", "-")
        .run(
            """
            apiVersion: podseal.io/v1alpha1
            kind: SecurePeering
            metadata: {name: orders-to-db}
            spec:
              from: {podSelector: {matchLabels: {app: orders}}}
              to: [{podSelector: {matchLabels: {app: db}}}]
            """)
        .must();

    var refused = world.create(tight, WebhookWorld.pod("orders", "labels: {app: orders}"));

    assertThat(refused.ok()).isFalse();
    assertThat(refused.err())
        .contains("violates PodSecurity", "baseline")
        .contains("Warning: PodSecurityForbids: namespace " + tight + " enforces")
        .contains("kubectl label --overwrite namespace " + tight);
    await("the peering's condition")
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            Command.of(
                    "kubectl",
                    "--kubeconfig",
                    world.kubeconfig().toString(),
                    "get",
                    "securepeering",
                    "-n",
                    tight,
                    "orders-to-db",
                    "-o",
                    "jsonpath={.status.conditions[?(@.type=='Ready')].reason}")
                .must()
                .equals("PodSecurityForbids"));
  }

  /** What is never asked for, as far as the test may touch it. */
  private List<String> reserved(String... ofTheCluster) {
    var all = new ArrayList<>(List.of(LiveController.NAMESPACE));
    if (world.isOurs()) {
      all.addAll(List.of(ofTheCluster));
    }
    return all;
  }

  @Test
  void aPodThatOptedOutOrUsesItsNodesNetworkIsAdmittedAsItIs() {
    var out =
        world.created(
            world.shop(), WebhookWorld.pod("out", "labels: {podseal.io/inject: \"false\"}"));
    var host =
        world.create(
            world.shop(),
            WebhookWorld.pod("host", "").replace("spec:", "spec:\n  hostNetwork: true"));

    assertThat(WebhookWorld.initContainers(out)).isEmpty();
    assertThat(WebhookWorld.initContainers(WebhookWorld.parse(host.must()))).isEmpty();
    assertThat(host.err()).contains("Podseal does not seal this pod").contains("network");
    assertThat(world.controller().metrics())
        .contains("podseal_injections_total{reason=\"host_network\",result=\"skipped\"}");
    awaitEvent("InjectionSkipped", "host");
  }

  @ParameterizedTest
  @CsvSource({
    "windows, windows, '', 'os: {name: windows}'",
    "mirror, static_pod, 'annotations: {kubernetes.io/config.mirror: x}', 'nodeName: nowhere'"
  })
  void aPodThatCannotBeSealedIsAdmittedAsItIsAndSomebodyIsTold(
      String name, String reason, String metadata, String spec) {
    var created =
        world.create(
            world.shop(),
            WebhookWorld.pod(name, metadata).replace("serviceAccountName: default", spec));

    assertThat(WebhookWorld.initContainers(WebhookWorld.parse(created.must()))).isEmpty();
    assertThat(created.err()).contains("Podseal does not seal this pod");
    assertThat(world.controller().metrics())
        .contains("podseal_injections_total{reason=\"" + reason + "\",result=\"skipped\"}");
    awaitEvent("InjectionSkipped", name);
  }

  @Test
  void whatWasInjectedAndRefusedIsCounted() {
    world.created(world.shop(), RICH.replace("name: rich,", "name: counted,"));
    world.create(
        world.shop(), WebhookWorld.pod("not-counted", "annotations: {podseal.io/log-level: loud}"));

    assertThat(world.controller().metrics())
        .containsPattern("podseal_injections_total\\{reason=\"[a-z_]*\",result=\"injected\"} [1-9]")
        .containsPattern("podseal_injections_total\\{reason=\"[a-z_]*\",result=\"refused\"} [1-9]");
  }

  @Test
  void anInvalidAnnotationIsRefusedWithAllThatIsWrong() {
    var refused =
        world.create(
            world.shop(),
            WebhookWorld.pod(
                "wrong",
                "annotations: {podseal.io/log-level: loud, podseal.io/sidecar-resources: \"{\"}"));

    assertThat(refused.ok()).isFalse();
    assertThat(refused.err())
        .contains("inject.podseal.io")
        .contains("podseal.io/log-level", "'loud'", "podseal.io/sidecar-resources", "not JSON");
    awaitEvent("InjectionRefused", "wrong");
  }

  @Test
  void aDryRunLeavesNoEvent() {
    var refused =
        world.create(
            world.shop(),
            WebhookWorld.pod("dry", "annotations: {podseal.io/log-level: loud}"),
            "--dry-run=server");
    assertThat(refused.ok()).isFalse();
    // Events are written in order: when this one is there, the other would be.
    world.create(
        world.shop(), WebhookWorld.pod("wet", "annotations: {podseal.io/log-level: deaf}"));

    await().atMost(Duration.ofSeconds(20)).until(() -> eventsAbout("wet") > 0);
    assertThat(eventsAbout("dry")).isZero();
  }

  @Test
  void afterAnotherWebhookPutItsContainerInFrontTheSidecarIsFirstAgainAndWhole()
      throws IOException, GeneralSecurityException {
    try (var other = world.front()) {
      assertThat(other).isNotNull();
      var manifest = WebhookWorld.pod("NAME", "labels: {front: \"true\"}");
      await("the other webhook")
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            var asked =
                world.create(world.shop(), manifest.replace("NAME", "probe"), "--dry-run=server");
            return asked.ok()
                && asked.out().contains("\"front\"")
                && asked.out().contains("image\": \"front");
          });

      var pod = world.created(world.shop(), manifest.replace("NAME", "both"));

      assertThat(WebhookWorld.initContainers(pod)).containsExactly("podseal", "front");
      assertThat(pod.at("/spec/initContainers/0/image").asText()).isNotEqualTo("spoilt");
    }
  }

  /**
   * istio#6186: the webhook's configuration trusts an authority that is no longer the injector's.
   */
  @Test
  void istio6186_aSpoiltCaBundleIsRestoredAndPodsAreInjectedAgain() {
    var right = world.caBundle();
    for (int i = 0; i < 3; i++) {
      world
          .client()
          .admissionRegistration()
          .v1()
          .mutatingWebhookConfigurations()
          .withName(WebhookWorld.CONFIGURATION)
          .edit(before ->
              new MutatingWebhookConfigurationBuilder(before)
                  .editFirstWebhook()
                  .editClientConfig()
                  .withCaBundle(world.client().getConfiguration().getCaCertData())
                  .endClientConfig()
                  .endWebhook()
                  .build());

      await("caBundle after it was spoilt " + (i + 1) + " times")
          .atMost(Duration.ofSeconds(20))
          .until(() -> world.caBundle().equals(right));
    }
    world.awaitInjection();
    assertThat(world.controller().metrics()).contains("podseal_webhook_ca_mended_total");
  }

  private void awaitEvent(String reason, String pod) {
    await(reason + " about " + pod)
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(world.client().v1().events().inNamespace(world.shop()).list().getItems())
                .anySatisfy(event -> {
                  assertThat(event.getReason()).isEqualTo(reason);
                  assertThat(event.getInvolvedObject().getName()).isEqualTo(pod);
                }));
  }

  private long eventsAbout(String pod) {
    return world.client().v1().events().inNamespace(world.shop()).list().getItems().stream()
        .filter(event -> pod.equals(event.getInvolvedObject().getName()))
        .count();
  }

  private static String annotation(JsonNode pod, String name) {
    return pod.path("metadata").path("annotations").path(name).asText();
  }
}
