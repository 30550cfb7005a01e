package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Containers whose root nobody may write to have all that they run in their image. */
@Tag("cluster")
class ReadOnlyRootIT {
  private static final String NATIVE = "/opt/podseal/native/libnetty_transport_native_epoll_";

  private final Ring ring = Ring.ready();

  @Test
  void nettyOfTheControllerFindsItsLibraryInTheImage() {
    Awaitility.await("a leader").until(() -> ring.leader().isPresent());
    var leader = ring.leader().orElseThrow();
    assertFound(ring.client().pods().inNamespace(Ring.SYSTEM).withName(leader).get(), "controller");
  }

  @Test
  void nettyOfTheSidecarFindsItsLibraryInTheImage() {
    var namespace = ring.namespace("native");
    ring.apply(Workloads.deployment(namespace, "orders", 1));
    assertFound(ring.pod(namespace, "orders"), "podseal");
    ring.drop(namespace);
  }

  private void assertFound(Pod pod, String container) {
    var touch = ring.execIn(pod, container, "touch", "/opt/podseal/native/other.so");
    assertThat(touch.err()).contains("Read-only file system");
    // The JVM would share its counters in a file, which needs a place to be written to.
    assertThat(Node.mapped(pod, container)).contains(NATIVE).doesNotContain("hsperfdata");
  }
}
