package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kubelet evicts who takes more memory than it asked for: ours take less. */
@Tag("cluster")
class WorkingSetIT {
  private final Ring ring = Ring.ready();

  @Test
  void sidecarsAndControllersTakeLessMemoryThanTheyRequest() {
    var namespace = ring.sealedPair("weight");
    var orders = ring.pod(namespace, "orders");
    var traffic = new Traffic(ring);
    traffic.awaitPage(orders, ring.pod(namespace, "postgres"));
    traffic.assertBulk(orders, ring.pod(namespace, "postgres"));

    assertBelowRequest(orders, "podseal", "working set of a sidecar with one peer, after traffic");
    var leader = ring.leader().orElseThrow();
    for (var replica : ring.controllers()) {
      var role = replica.getMetadata().getName().equals(leader) ? "leader" : "standby";
      assertBelowRequest(replica, "controller", "working set of the controller, " + role);
    }
    ring.drop(namespace);
  }

  private void assertBelowRequest(Pod pod, String name, String what) {
    var container =
        Stream.concat(
                pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
            .filter(one -> one.getName().equals(name))
            .findFirst()
            .orElseThrow();
    long octets =
        Awaitility.await(what)
            .atMost(Duration.ofSeconds(60))
            .until(() -> workingSet(pod, container), found -> found > 0);
    Timings.weigh(what, octets);
    var request = container.getResources().getRequests().get("memory");
    assertThat(octets).as(what).isLessThan(Quantity.getAmountInBytes(request).longValueExact());
  }

  /** What the kubelet counts for its decisions; 0 until it has looked. */
  private long workingSet(Pod pod, Container container) throws JsonProcessingException {
    var node = pod.getSpec().getNodeName();
    var summary = ring.kubectl("get", "--raw", "/api/v1/nodes/" + node + "/proxy/stats/summary");
    JsonNode pods = new JsonMapper().readTree(summary.must()).path("pods");
    return StreamSupport.stream(pods.spliterator(), false)
        .filter(one -> one.at("/podRef/uid").asText().equals(pod.getMetadata().getUid()))
        .flatMap(one -> StreamSupport.stream(one.path("containers").spliterator(), false))
        .filter(one -> one.path("name").asText().equals(container.getName()))
        .mapToLong(one -> one.at("/memory/workingSetBytes").asLong())
        .findFirst()
        .orElse(0);
  }
}
