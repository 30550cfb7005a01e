package io.podseal.controller.ctl;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What must be true of the cluster itself. */
final class ClusterChecks {
  private static final int LEAST_MINOR = 31;
  private static final Pattern CRIO = Pattern.compile("cri-o://1\\.(\\d+)\\..*");

  private ClusterChecks() {}

  static Finding version(KubernetesClient client) {
    var version = client.getKubernetesVersion();
    return version(version.getMajor(), version.getMinor(), version.getGitVersion());
  }

  static Finding version(String major, String minor, String full) {
    var digits = minor.replaceAll("[^0-9]", "");
    boolean enough =
        "1".equals(major) && !digits.isEmpty() && Integer.parseInt(digits) >= LEAST_MINOR;
    return enough
        ? Finding.fine("Kubernetes " + full)
        : Finding.wrong(
            "Kubernetes " + full + " is too old: 1." + LEAST_MINOR + " is needed",
            "native sidecars and the rules of the custom resources need it: upgrade the cluster");
  }

  /** Which runtimes there are; whether their runc gives a pod the TUN device they do not tell. */
  static List<Finding> runtimes(KubernetesClient client) {
    var runtimes = new TreeMap<String, Integer>();
    for (var node : client.nodes().list().getItems()) {
      runtimes.merge(node.getStatus().getNodeInfo().getContainerRuntimeVersion(), 1, Integer::sum);
    }
    return runtimes.entrySet().stream()
        .map(entry -> runtime(entry.getKey(), entry.getValue()))
        .toList();
  }

  static Finding runtime(String version, int nodes) {
    var where = version + " on " + nodes + (nodes == 1 ? " node" : " nodes");
    boolean mayHaveBadRunc =
        version.startsWith("containerd://2.0")
            || version.startsWith("containerd://1.7.2")
            || CRIO.matcher(version).matches();
    return mayHaveBadRunc
        ? Finding.note(
            where + " may have come with runc 1.2.0 to 1.2.3, which refuses /dev/net/tun",
            "runc --version on the node; if so, upgrade it to 1.2.4 or newer")
        : Finding.fine(where);
  }
}
