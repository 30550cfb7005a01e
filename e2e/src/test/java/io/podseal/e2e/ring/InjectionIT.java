package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Command;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What injection gives to a pod and says of it, and how it comes back once it is lost. */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InjectionIT {
  private static final String API_TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final String SEALING_TOKENS = "/var/run/secrets/podseal.io";

  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeAll
  void open() {
    namespace = ring.namespace("injected");
    ring.sniffer();
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(Workloads.deployment(namespace, "postgres", 1));
    ring.apply(Workloads.onTheNode(namespace, "agent"));
    ring.pods(namespace, "orders", 1);
    ring.pods(namespace, "postgres", 1);
    ring.pods(namespace, "agent", 1);
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
  }

  @AfterAll
  void close() {
    // Whatever failed: other tests need the webhook.
    ring.upgrade();
    ring.drop(namespace);
  }

  @Test
  void theSidecarHasNoTokenOfTheApiServerAndTheApplicationNoneOfTheController() {
    var pod = ring.pod(namespace, "orders");

    assertThat(tokens(pod, "app")).containsExactly(API_TOKENS + "/token");
    assertThat(tokens(pod, "podseal")).containsExactly(SEALING_TOKENS + "/token");
  }

  @Test
  void theReplicaSetOfADeploymentIsToldWhatBecameOfItsPods() {
    var injected = awaitEvent("Injected", ring.pod(namespace, "orders"));
    assertThat(injected.getType()).isEqualTo("Normal");

    var skipped = awaitEvent("InjectionSkipped", ring.pod(namespace, "agent"));
    assertThat(skipped.getMessage()).contains("Pod agent-", "not sealed", "network of its node");
  }

  @Test
  void helmUpgradeBringsALostWebhookBackAndCheckFindsNothingWrong() {
    Awaitility.await("podsealctl check finds nothing wrong")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          var healthy = ring.podsealctl("check");
          assertThat(healthy).as(healthy.out() + healthy.err()).matches(Command.Result::ok);
          assertThat(healthy.out()).contains("ok    namespace " + namespace);
        });

    ring.kubectl("delete", "mutatingwebhookconfiguration", "podseal-injector").must();
    var check = ring.podsealctl("check");
    assertThat(check.exit()).isEqualTo(1);
    assertThat(check.out()).contains("helm upgrade podseal helm/ --namespace podseal-system");

    Timings.time("helm upgrade of the same chart", () -> ring.upgrade().must());

    ring.kubectl("scale", "deployment/postgres", "--replicas=2", "-n", namespace).must();
    var orders = ring.pod(namespace, "orders");
    for (Pod postgres : ring.pods(namespace, "postgres", 2)) {
      traffic.awaitPage(orders, postgres);
      traffic.assertSealed(orders, postgres);
    }
    var healed = ring.podsealctl("check");
    assertThat(healed).as(healed.out() + healed.err()).matches(Command.Result::ok);
  }

  /** The tokens that a container finds where Kubernetes mounts them, by the names that stay. */
  private List<String> tokens(Pod pod, String container) {
    var found =
        ring.kubectl(
            "exec",
            "-n",
            namespace,
            pod.getMetadata().getName(),
            "-c",
            container,
            "--",
            "find",
            "-L",
            "/var/run/secrets/",
            "-name",
            "token");
    return found.must().lines().filter(file -> !file.contains("/..")).toList();
  }

  /** Waits for the Event with {@code reason} about the owner of {@code pod}. */
  private Event awaitEvent(String reason, Pod pod) {
    var owner = pod.getMetadata().getOwnerReferences().getFirst();
    assertThat(owner.getKind()).isEqualTo("ReplicaSet");
    return Awaitility.await(reason + " about " + owner.getName())
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                ring.client().v1().events().inNamespace(namespace).list().getItems().stream()
                    .filter(event -> reason.equals(event.getReason()))
                    .filter(event -> about(event, owner.getName(), owner.getUid()))
                    .findFirst(),
            found -> found.isPresent())
        .orElseThrow();
  }

  private static boolean about(Event event, String name, String uid) {
    var object = event.getInvolvedObject();
    return "ReplicaSet".equals(object.getKind())
        && "apps/v1".equals(object.getApiVersion())
        && name.equals(object.getName())
        && uid.equals(object.getUid());
  }
}
