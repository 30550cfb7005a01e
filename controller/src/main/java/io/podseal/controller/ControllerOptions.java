package io.podseal.controller;

import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;

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
    ControlLimits control,
    PodAuthenticator.Limits authentication) {

  /** With the usual times and limits. */
  public static ControllerOptions of(
      String namespace,
      String trustDomain,
      InetSocketAddress controlAddress,
      String serverName,
      int maxPeers) {
    return new ControllerOptions(
        namespace,
        trustDomain,
        controlAddress,
        serverName,
        maxPeers,
        Duration.ofMillis(20),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
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
