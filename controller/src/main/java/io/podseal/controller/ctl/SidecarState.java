package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.controller.inject.Injector;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Why a pod's sidecar does not run, in its own last words. Whether a runtime lets it open the TUN
 * device is in no field of a node: only a sidecar that tried can tell.
 */
final class SidecarState {
  private SidecarState() {}

  /** What the sidecar of {@code pod} last failed of; empty for one that runs or is yet to start. */
  static Optional<String> failure(Pod pod) {
    var status = pod.getStatus();
    List<ContainerStatus> containers =
        status == null ? List.of() : status.getInitContainerStatuses();
    return Stream.ofNullable(containers)
        .flatMap(List::stream)
        .filter(container -> Injector.CONTAINER.equals(container.getName()))
        .filter(
            container -> container.getState() == null || container.getState().getRunning() == null)
        .flatMap(container -> Stream.of(container.getState(), container.getLastState()))
        .flatMap(state -> state == null ? Stream.empty() : Stream.ofNullable(state.getTerminated()))
        .filter(ended -> ended.getExitCode() != null && ended.getExitCode() != 0)
        .map(SidecarState::words)
        .findFirst();
  }

  /** The termination message is the end of its log, because it writes none itself. */
  private static String words(ContainerStateTerminated ended) {
    var message = ended.getMessage() == null ? "" : ended.getMessage().strip();
    return message.isEmpty()
        ? "it ended with " + ended.getExitCode()
        : message.lines().reduce((before, last) -> last).orElseThrow();
  }
}
