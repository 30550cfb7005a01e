package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.controller.TestSidecar;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import io.podseal.e2e.bench.Footprint;
import io.podseal.e2e.bench.MemoryReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the controller weighs with many real streams, on a real API server. */
@Tag("bench")
@ExtendWith(Api.class)
class ControllerMemoryIT {
  private static final int HUBS = 20;

  /** Peers of a hub, and with it; as many as the chart's limit of peers allows. */
  private static final int GROUP = 1_000;

  private static final int MOST = MemoryReport.most("PODSEAL_BENCH_STREAMS", 5_000);
  private static final int AT_A_TIME = 32;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final LiveController controller = Api.controller();
  private final String namespace = controller.namespace();
  private final List<Pod> pods = new ArrayList<>();
  private final List<TestSidecar> sidecars = new ArrayList<>();
  private final MemoryReport report =
      new MemoryReport(
          "Controller",
          """
          The leader, of the image's JVM flags, on a kube-apiserver. Each pod is an object there and a gRPC stream with a
          token of its own. They are in groups of %,d, %d of which are peers of all others of their group; every
          update is acknowledged.
          """
              .formatted(GROUP, HUBS));

  @Test
  void idleWithStreamsAndWhenAllComeBackAtOnce() throws Exception {
    row("no stream");
    for (int group = 0; group * GROUP < MOST; group++) {
      peering(group);
    }
    for (int streams :
        IntStream.of(2 * HUBS, 100, 500, 1_000, 2_000, MOST)
            .filter(n -> n <= MOST)
            .distinct()
            .toArray()) {
      grow(streams);
      row("%,d streams, %,d pairs".formatted(streams, pairs()));
    }
    sidecars.forEach(TestSidecar::close);
    sidecars.clear();
    sidecars.addAll(all(pods, this::connected));
    awaitPeers();
    row("the same after all closed and came back at once");
    report.write();
    sidecars.forEach(TestSidecar::close);
  }

  private void grow(int streams) throws Exception {
    var numbers = new ArrayList<Integer>();
    for (int i = pods.size(); i < streams; i++) {
      numbers.add(i);
    }
    var made = all(numbers, i -> controller.pod(namespace, "pod-" + i, app(isHub(i), i / GROUP)));
    pods.addAll(made);
    sidecars.addAll(all(made, this::connected));
    awaitPeers();
  }

  /** The controller lets in so many at a time, and sends the others away to come back. */
  private TestSidecar connected(Pod pod) {
    var deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      var sidecar = controller.connect(pod);
      Awaitility.await("an answer to " + pod.getMetadata().getName())
          .atMost(LIMIT)
          .until(() -> sidecar.ended() != null || !sidecar.updates().isEmpty());
      if (sidecar.ended() == null) {
        return sidecar;
      }
      sidecar.close();
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("refused: " + sidecar.ended());
      }
    }
  }

  private void awaitPeers() {
    Awaitility.await("everybody knows all peers")
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> {
          for (int i = 0; i < sidecars.size(); i++) {
            var sidecar = sidecars.get(i);
            if (sidecar.ended() != null) {
              throw new IllegalStateException("stream " + i + " ended: " + sidecar.ended());
            }
            if (sidecar.peers().size() != peersOf(i)) {
              return false;
            }
          }
          return true;
        });
  }

  private static boolean isHub(int pod) {
    return pod % GROUP < HUBS;
  }

  private static String app(boolean hub, int group) {
    return (hub ? "hub-" : "spoke-") + group;
  }

  private int peersOf(int pod) {
    int first = pod / GROUP * GROUP;
    int members = Math.min(pods.size() - first, GROUP);
    int hubs = Math.min(members, HUBS);
    return isHub(pod) ? members - hubs : hubs;
  }

  private int pairs() {
    return IntStream.range(0, pods.size())
        .filter(ControllerMemoryIT::isHub)
        .map(this::peersOf)
        .sum();
  }

  private void peering(int group) {
    var peering = new SecurePeering();
    peering.getMetadata().setNamespace(namespace);
    peering.getMetadata().setName("spokes-to-hubs-" + group);
    peering.setSpec(
        new SecurePeeringSpec(
            new PeerSource(Selector.label("app", app(false, group))),
            List.of(new PeerDestination(Selector.label("app", app(true, group)))),
            null,
            null,
            null));
    Api.client().resource(peering).create();
  }

  private void row(String state) {
    report.row(state, Footprint.of(controller.pid()));
  }

  /** Applies to all, some at a time, and keeps their order. */
  private static <A, B> List<B> all(List<A> inputs, Function<A, B> task)
      throws InterruptedException, ExecutionException {
    try (var threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      var results = new ArrayList<B>();
      for (var future :
          threads.invokeAll(
              inputs.stream()
                  .<java.util.concurrent.Callable<B>>map(input -> () -> task.apply(input))
                  .toList())) {
        results.add(future.get());
      }
      return results;
    }
  }
}
