package io.podseal.controller;

import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * All that a controller can be told.
 *
 * @param namespace its own, where its Secrets are
 * @param controlAddress where sidecars connect; port 0 takes a free one
 * @param serverName what its certificate proves
 * @param maxPeers peers that one pod may have
 * @param policyPause shortest time between two passes over policies
 * @param statusPause shortest time between two passes over statuses
 * @param tick between two looks at deadlines
 * @param reconnection how long sidecars may take to come over to a new leader
 * @param podName what the Lease calls this replica
 * @param podAddress where the Service leads to while this replica leads; empty: nobody is told
 */
public record ControllerOptions(
    String namespace,
    String trustDomain,
    InetSocketAddress controlAddress,
    String serverName,
    int maxPeers,
    Duration policyPause,
    Duration statusPause,
    Duration tick,
    Duration reconnection,
    String podName,
    Optional<String> podAddress,
    ControlLimits control,
    PodAuthenticator.Limits authentication) {

  /** With the usual times and limits. */
  public static ControllerOptions of(
      String namespace,
      String trustDomain,
      InetSocketAddress controlAddress,
      String serverName,
      int maxPeers,
      String podName,
      Optional<String> podAddress) {
    return new ControllerOptions(
        namespace,
        trustDomain,
        controlAddress,
        serverName,
        maxPeers,
        Duration.ofMillis(20),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(15),
        podName,
        podAddress,
        ControlLimits.DEFAULT,
        PodAuthenticator.Limits.DEFAULT);
  }

  /** The name that a Service of the controller's namespace has. */
  public static String defaultServerName(String namespace) {
    return "podseal-controller." + namespace + ".svc";
  }

  /** DNS names of the certificate: the server name, and the long form of a Service name. */
  List<String> dnsNames() {
    var names = new LinkedHashSet<String>();
    names.add(serverName);
    if (serverName.endsWith(".svc")) {
      names.add(serverName + ".cluster.local");
    }
    return List.copyOf(names);
  }
}
