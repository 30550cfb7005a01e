package io.podseal.e2e.ring;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the tests do on the node itself, past the Kubernetes API. */
final class Node {
  private static final String SCHEME = "containerd://";

  private Node() {}

  /** Sends SIGKILL to a container, as a crash would end it. */
  static void kill(Pod pod, String container) {
    kill(id(pod, container));
  }

  private static void kill(String id) {
    enter("ctr", "--namespace", "k8s.io", "task", "kill", "--signal", "SIGKILL", id).must();
  }

  /** The files that the first process of a container has in its memory. */
  static String mapped(Pod pod, String container) {
    return enter("cat", "/proc/" + pid(pod, container) + "/maps").must();
  }

  /** Starts an HTTP server in the network of a pod, at a port of every address, until closed. */
  static Background serve(Ring ring, Pod pod, String container, int port) {
    var line =
        new ArrayList<>(List.of("../dev", "cluster", "enter", "setpriv", "--pdeathsig", "KILL"));
    line.addAll(List.of("nsenter", "--target", pid(pod, container), "--net"));
    line.addAll(List.of("busybox", "httpd", "-f", "-p", Integer.toString(port), "-h", "/usr"));
    return Background.start(
        "server of " + pod.getMetadata().getName(), line, Map.of(), ring.keep("served.log", ""));
  }

  private static String pid(Pod pod, String container) {
    var tasks = enter("ctr", "--namespace", "k8s.io", "task", "list").must();
    return tasks
        .lines()
        .map(line -> line.split("\\s+", -1))
        .filter(words -> words[0].equals(id(pod, container)))
        .map(words -> words[1])
        .findFirst()
        .orElseThrow();
  }

  private static String id(Pod pod, String container) {
    var status = pod.getStatus();
    return Stream.concat(
            status.getInitContainerStatuses().stream(), status.getContainerStatuses().stream())
        .filter(one -> one.getName().equals(container))
        .map(ContainerStatus::getContainerID)
        .findFirst()
        .orElseThrow()
        .substring(SCHEME.length());
  }

  /** Kills the sandbox of a pod, after which the kubelet makes all of the pod again. */
  static void killSandbox(Pod pod) {
    var filter =
        "labels.\"io.kubernetes.pod.uid\"==%s,labels.\"io.cri-containerd.kind\"==sandbox"
            .formatted(pod.getMetadata().getUid());
    kill(enter("ctr", "--namespace", "k8s.io", "containers", "list", "-q", filter).must().strip());
  }

  /** What the kubelet has put from a ConfigMap into a volume of a pod; empty until it has. */
  static String mounted(Pod pod, String volume, String file) {
    var path =
        "/var/lib/kubelet/pods/%s/volumes/kubernetes.io~configmap/%s/%s"
            .formatted(pod.getMetadata().getUid(), volume, file);
    return enter("cat", path).out();
  }

  /** Makes the CNI plugin give {@code address} to the next pod: it goes on from its last one. */
  static void giveOutNext(InetAddress address) {
    var octets = address.getAddress();
    octets[3]--;
    var before =
        Stream.of(octets[0], octets[1], octets[2], octets[3])
            .map(octet -> Integer.toString(Byte.toUnsignedInt(octet)))
            .collect(Collectors.joining("."));
    enter("sh", "-c", "printf %s " + before + " >/var/lib/cni/networks/bridge/last_reserved_ip.0")
        .must();
  }

  private static Command.Result enter(String... line) {
    return Command.of(line).under("../dev", "cluster", "enter").run();
  }
}
