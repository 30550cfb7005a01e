package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A real kubelet's TCP and gRPC probes of a pod whose every port is sealed. What answers gRPC
 * health checks is the kit's etcd.
 */
@Tag("cluster")
class ProbesIT {
  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.namespace("probed");
    ring.sniffer();
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  @Test
  void tcpAndGrpcProbesOfStrictPortsFollowTheApplication() throws IOException {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    ring.apply(probed());
    // Ready is what a startup and a readiness probe of each kind say.
    var postgres = ring.pod(namespace, "postgres");
    var orders = ring.pod(namespace, "orders");
    ring.awaitCondition(namespace, "orders-to-postgres", "Ready", "True");
    traffic.awaitPage(orders, postgres);
    assertThat(restarts(postgres, "app") + restarts(postgres, "rpc")).isZero();

    // Nobody listens: the container lives on, and only its probe can tell.
    kill(postgres, "app", "-KILL", "httpd");
    awaitRestart(postgres, "app");
    // The port is open and nobody answers.
    kill(postgres, "rpc", "-STOP", "etcd");
    awaitRestart(postgres, "rpc");

    traffic.awaitPage(orders, ring.pod(namespace, "postgres"));
    traffic.assertNothingClear(orders, postgres);
  }

  @Test
  void aGrpcProbeOfAServiceThatIsNotThereKeepsThePodFromBeingReady() throws IOException {
    ring.apply(Workloads.peering(namespace, "orders", "postgres"));
    ring.apply(probed().replace("{port: 2379}", "{port: 2379, service: nobody}"));

    Awaitility.await("the other container is ready")
        .atMost(Duration.ofSeconds(60))
        .until(() -> ring.pods(namespace, "postgres").stream().anyMatch(pod -> ready(pod, "app")));
    var pod = ring.pods(namespace, "postgres").getFirst();
    Awaitility.await("etcd answers that it has no such service")
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            ring.exec(pod, "curl", "-sS", "http://127.0.0.1:9808/probe/rpc/startupProbe")
                .must()
                .contains("NOT_FOUND"));
    assertThat(ready(again(pod), "rpc")).isFalse();
  }

  /** False too while the kubelet has not said anything of it. */
  private static boolean ready(Pod pod, String container) {
    return pod.getStatus().getContainerStatuses().stream()
        .anyMatch(status -> status.getName().equals(container) && status.getReady());
  }

  private void kill(Pod pod, String container, String signal, String program) {
    var name = pod.getMetadata().getName();
    ring.kubectl("exec", "-n", namespace, name, "-c", container, "--", "killall", signal, program)
        .must();
  }

  private void awaitRestart(Pod pod, String container) {
    Awaitility.await("container " + container + " restarted and ready")
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          var status = status(again(pod), container);
          return status.getRestartCount() == 1 && status.getReady();
        });
  }

  private int restarts(Pod pod, String container) {
    return status(again(pod), container).getRestartCount();
  }

  private Pod again(Pod pod) {
    return ring.client().resource(pod).get();
  }

  private static ContainerStatus status(Pod pod, String container) {
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getName().equals(container))
        .findFirst()
        .orElseThrow();
  }

  /** One container for each kind of probe; the first program of each outlives what it started. */
  private String probed() throws IOException {
    var kit = Path.of(Command.of("sh", "-c", "command -v etcd").must().strip()).getParent();
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: postgres, namespace: %1$s}
    spec:
      selector: {matchLabels: {app: postgres}}
      template:
        metadata: {labels: {app: postgres}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: app
              image: podseal.local/tools:1
              imagePullPolicy: Never
              command: [/bin/sh, -c]
              args: ["mkdir -p /tmp/www && echo '%2$s' >/tmp/www/index.html && httpd -p 8080 -h /tmp/www && exec sleep 100000"]
              ports: [{name: web, containerPort: 8080}]
              startupProbe: {tcpSocket: {port: web}, periodSeconds: 1, failureThreshold: 30}
              readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
              livenessProbe: {tcpSocket: {port: web}, periodSeconds: 2, failureThreshold: 2}
            - name: rpc
              image: podseal.local/tools:1
              imagePullPolicy: Never
              command: [/bin/sh, -c]
              args: ["/kit/etcd --data-dir /tmp/etcd --log-level warn --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://127.0.0.1:2379 & exec sleep 100000"]
              startupProbe: {grpc: {port: 2379}, periodSeconds: 1, failureThreshold: 30}
              readinessProbe: {grpc: {port: 2379}, periodSeconds: 1}
              livenessProbe: {grpc: {port: 2379}, periodSeconds: 2, failureThreshold: 2}
              volumeMounts: [{name: kit, mountPath: /kit, readOnly: true}]
          volumes:
            - {name: kit, hostPath: {path: %3$s}}
    """
        .formatted(namespace, Workloads.PAGE, kit);
  }
}
