package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.Podsealctl;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the command does offline is what the webhook does, and what it finds is so. */
@Tag("api")
@ExtendWith(Api.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PodsealctlIT {
  private static final List<String> INJECT = List.of("inject", "-f", "-");
  private static final Pattern RESOURCES =
      Pattern.compile("name: PODSEAL_SIDECAR_RESOURCES\\s+value: (\".*\")");
  private static final String APPLICATION =
      """
      containers:
        - name: app
          image: app
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: http, scheme: HTTP}}
          lifecycle: {postStart: {exec: {command: [/bin/true]}}}
      """;
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: NAME, labels: {app: orders}}
      spec:
        schedulerName: nobody
        serviceAccountName: default
        automountServiceAccountToken: false
      """
          + APPLICATION.indent(2);
  private static final String SEVERAL =
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings}
      data: {number: "0123", text: "yes"}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: orders}
      spec:
        selector: {matchLabels: {app: orders}}
        template:
          metadata: {labels: {app: orders}}
          spec:
      """
          + APPLICATION.indent(6)
          + """
          ---
          apiVersion: batch/v1
          kind: CronJob
          metadata: {name: report}
          spec:
            schedule: "0 1 * * *"
            jobTemplate:
              spec:
                template:
                  spec:
                    restartPolicy: Never
          """
          + APPLICATION.indent(10);

  private WebhookWorld world;
  private Podsealctl podsealctl;
  private String plain;

  @BeforeAll
  void start() {
    world = WebhookWorld.start("offline");
    podsealctl = new Podsealctl(world.kubeconfig());
    plain = world.namespace(Map.of());
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void aPodInjectedOfflineIsThePodThatTheWebhookMakes() {
    var manifest = POD.replace("NAME", "same");

    // The chart gives the webhook an image, resources and the controller's Service; this one has
    // none.
    var unlike = List.of("--resources", "{}", "--image", "podseal/sidecar:latest");
    var command = Stream.concat(Stream.of("inject", "-f", "-"), unlike.stream()).toList();
    var printed = podsealctl.run(command, manifest);
    var offline =
        world.created(
            plain,
            printed.must().replace("podseal-controller.podseal-system.svc:9443", controller()));
    var online = world.created(world.shop(), manifest);

    assertThat(WebhookWorld.initContainers(offline)).containsExactly("podseal");
    assertThat(offline.path("spec")).isEqualTo(online.path("spec"));
    for (var pod : List.of(offline, online)) {
      ((ObjectNode) pod.path("metadata").path("annotations"))
          .remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    assertThat(offline.at("/metadata/annotations")).isEqualTo(online.at("/metadata/annotations"));
  }

  @Test
  void aPodInjectedOfflineHasTheResourcesThatTheChartGivesTheWebhook() {
    var printed = podsealctl.run(INJECT, POD.replace("NAME", "usual")).must();
    var pod = world.created(plain, printed);

    var chart = new Chart(world.kubeconfig(), "podseal-system").render("deployment.yaml");
    var value = RESOURCES.matcher(chart);
    assertThat(value.find()).as("PODSEAL_SIDECAR_RESOURCES of the chart").isTrue();
    assertThat(pod.at("/spec/initContainers/0/resources"))
        .isEqualTo(WebhookWorld.parse(WebhookWorld.parse(value.group(1)).asText()));
  }

  @Test
  void everyKindWithAPodTemplateIsInjectedAndTheRestIsLeftAsItIs() {
    var printed = podsealctl.run(INJECT, SEVERAL).must();

    var applied =
        Command.of(
                "kubectl",
                "--kubeconfig",
                world.kubeconfig().toString(),
                "-n",
                plain,
                "apply",
                "-f",
                "-",
                "-o",
                "json",
                "--dry-run=server")
            .run(printed);
    var objects = WebhookWorld.parse(applied.must()).path("items");
    assertThat(objects).hasSize(3);
    assertThat(objects.get(0).at("/data/number").asText()).isEqualTo("0123");
    assertThat(objects.get(0).at("/data/text").asText()).isEqualTo("yes");
    assertThat(objects.get(1).at("/spec/template/spec/initContainers/0/name").asText())
        .isEqualTo("podseal");
    assertThat(
            objects
                .get(2)
                .at("/spec/jobTemplate/spec/template/spec/initContainers/0/name")
                .asText())
        .isEqualTo("podseal");
  }

  @Test
  void injectingASecondTimeChangesNothing() {
    var once = podsealctl.run(INJECT, SEVERAL).must();

    assertThat(podsealctl.run(INJECT, once).must()).isEqualTo(once);
  }

  @Test
  void whatCannotBeInjectedIsNamedAndNothingIsPrinted() {
    var wrong =
        POD.replace("NAME", "wrong")
            .replace("labels:", "annotations: {podseal.io/log-level: loud}, labels:");

    var refused = podsealctl.run(INJECT, SEVERAL + "---\n" + wrong);

    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains("refused Pod/wrong", "podseal.io/log-level", "'loud'");
  }

  @Test
  void whatIsNotYamlOrNotThereIsSaidInOneLine() {
    for (var asked :
        List.of(
            podsealctl.run(INJECT, "a: [1, 2"),
            podsealctl.run("inject", "-f", "/nowhere/pods.yaml"))) {
      assertThat(asked.exit()).isNotZero();
      assertThat(asked.err().lines()).hasSizeLessThan(4);
      assertThat(asked.err()).doesNotContain("Exception", "\tat ");
    }
    assertThat(podsealctl.run("inject").exit()).isEqualTo(2);
  }

  /** linkerd2#10232, istio#35894: Pod Security refuses the sidecar. */
  @Test
  void linkerd10232_checkNamesWhatANamespaceLacks() {
    var locked =
        world.namespace(
            Map.of("podseal.io/inject", "true", "pod-security.kubernetes.io/enforce", "baseline"));
    apply(
        locked,
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: web-only}
        spec:
          podSelector: {}
          ingress: [{ports: [{protocol: TCP, port: 8080}]}]
        """);

    var checked = podsealctl.run("check");

    assertThat(checked.exit()).isEqualTo(1);
    assertThat(checked.out())
        .contains("ok    Kubernetes v1.")
        .contains("FAIL  ")
        .contains("NetworkPolicy " + locked + "/web-only does not let UDP 500 in, UDP 4500 in")
        .contains("pod-security.kubernetes.io/enforce=privileged")
        .contains("there is no Deployment podseal-controller");

    apply(
        locked,
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: podseal}
        spec:
          podSelector: {}
          ingress: [{ports: [{protocol: UDP, port: 500}, {protocol: UDP, port: 4500}]}]
        """);
    assertThat(podsealctl.run("check").out())
        .as("policies add up")
        .doesNotContain("NetworkPolicy " + locked + "/web-only");
  }

  @Test
  void checkOfAClusterThatDoesNotAnswerEndsWithItsOwnCode() throws IOException {
    var dead =
        Files.writeString(
            world.folder().resolve("dead.kubeconfig"),
            Files.readString(world.kubeconfig())
                .replaceAll("https://[^\\s\"]+", "https://127.0.0.1:1"));

    var checked = new Podsealctl(dead).run("check");

    assertThat(checked.exit()).isEqualTo(3);
    assertThat(checked.err()).contains("127.0.0.1:1").doesNotContain("\tat ");
  }

  /** As who runs it by kubectl exec in the controller's pod. */
  @Test
  void whatTheControllersAccountMayNotReadIsNotCalledFine() {
    var checked = new Podsealctl(world.folder().resolve("controller.kubeconfig")).run("check");

    assertThat(checked.exit()).as(checked.out()).isIn(1, 4);
    assertThat(checked.out())
        .contains("?     nodes: not looked at, the API server answers 403")
        .contains("run it as somebody who may read them");
  }

  /** The address that the webhook's pods are given. */
  private String controller() {
    var pod = world.create(world.shop(), POD.replace("NAME", "asked"), "--dry-run=server").must();
    return WebhookWorld.parse(pod).at("/spec/initContainers/0/env/0/value").asText();
  }

  private void apply(String namespace, String yaml) {
    var kubeconfig = world.kubeconfig().toString();
    Command.of("kubectl", "--kubeconfig", kubeconfig, "-n", namespace, "apply", "-f", "-")
        .run(yaml)
        .must();
  }
}
