package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Background;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real kubelet's HTTP hooks of an application whose every port is sealed. */
@Tag("cluster")
class HooksIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Ring ring = Ring.ready();
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("hooked");
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void theApplicationIsAskedWhenItStartedAndBeforeItEnds() {
    ring.apply(hooked("8080"));
    var pod = ring.pod(namespace, "postgres");
    ring.awaitCondition(namespace, "orders-to-postgres", "Accepted", "True");
    assertThat(ring.logs(pod, "app")).contains("url:/started");

    try (Background log = ring.follow(pod, "app")) {
      ring.client().resource(pod).delete();
      ring.awaitGone(pod);
      Awaitility.await("the end of the log")
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(log.logged()).contains("url:/stopping"));
    }
  }

  /** As without us: a container whose postStart hook fails does not live. */
  @Test
  void aContainerWhoseHookNobodyAnswersIsRestarted() {
    ring.apply(hooked("9"));

    Awaitility.await("FailedPostStartHook")
        .atMost(LIMIT)
        .until(() ->
            ring.client().v1().events().inNamespace(namespace).list().getItems().stream()
                .map(Event::getReason)
                .anyMatch("FailedPostStartHook"::equals));
    Awaitility.await("a restart")
        .atMost(LIMIT)
        .until(() ->
            ring.pods(namespace, "postgres").stream()
                .map(HooksIT::restarts)
                .anyMatch(count -> count > 0));
  }

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getName().equals("app"))
        .mapToInt(status -> status.getRestartCount())
        .sum();
  }

  /** Its log has a line for each request. */
  private String hooked(String port) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: postgres, namespace: %1$s, labels: {app: postgres}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: app
          image: podseal.local/tools:1
          imagePullPolicy: Never
          command: [httpd, -f, -vv, -p, "8080", -h, /tmp]
          readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
          lifecycle:
            postStart: {httpGet: {path: /started, port: %2$s}}
            preStop: {httpGet: {path: /stopping, port: %2$s}}
    """
        .formatted(namespace, port);
  }
}
