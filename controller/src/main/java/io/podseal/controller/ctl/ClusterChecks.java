package io.podseal.controller.ctl;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.math.BigInteger;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What must be true of the cluster itself. */
final class ClusterChecks {
  private static final int LEAST_MINOR = 31;
  private static final Pattern RUNTIME =
      Pattern.compile("([a-z-]+)://v?(\\d+)\\.(\\d+)\\.(\\d+)(?:\\D.*)?");

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
    return mayHaveBadRunc(version)
        ? Finding.note(
            where + " may have come with runc 1.2.0 to 1.2.3, which refuses /dev/net/tun",
            "runc --version on the node; if so, upgrade it to 1.2.4 or newer")
        : Finding.fine(where);
  }

  /** Releases of the time between runc 1.2.0 and 1.2.4, autumn 2024 to January 2025. */
  private static boolean mayHaveBadRunc(String version) {
    var runtime = RUNTIME.matcher(version);
    if (!runtime.matches()) {
      return false;
    }
    var release = runtime.group(2) + "." + runtime.group(3);
    var patch = new BigInteger(runtime.group(4));
    return switch (runtime.group(1) + " " + release) {
      case "containerd 1.7" -> patch.equals(BigInteger.valueOf(24));
      case "containerd 2.0" -> patch.compareTo(BigInteger.TWO) < 0;
      // With its own runc, whose version its patch number does not tell.
      case "cri-o 1.31", "cri-o 1.32" -> true;
      default -> false;
    };
  }
}
