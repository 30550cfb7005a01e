package io.podseal.controller;

import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.SidecarTemplate;
import io.podseal.controller.model.PodRecord;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * All that a controller can be told.
 *
 * @param namespace its own, where its Secrets are
 * @param trustDomain last part of every pod identity, of {@value PodRecord#LONGEST_TRUST_DOMAIN}
 *     characters at most
 * @param controlAddress where sidecars connect; port 0 takes a free one
 * @param serverName what its certificate proves
 * @param maxPeers peers that one pod may have, from 1 to {@value #MOST_PEERS}
 * @param webhookAddress where the API server asks about pods; port 0 takes a free one
 */
public record ControllerOptions(
    String namespace,
    String trustDomain,
    Replica replica,
    InetSocketAddress controlAddress,
    String serverName,
    int maxPeers,
    InetSocketAddress webhookAddress,
    SidecarTemplate sidecar,
    Pace pace,
    ControlLimits control,
    PodAuthenticator.Limits authentication) {

  /** What a sidecar is built for; the report of so many live SAs fits into one message. */
  static final int MOST_PEERS = 1_000;

  public ControllerOptions {
    if (maxPeers < 1 || maxPeers > MOST_PEERS) {
      throw new IllegalArgumentException(
          "PODSEAL_MAX_PEERS: " + maxPeers + " is not from 1 to " + MOST_PEERS);
    }
    if (trustDomain.length() > PodRecord.LONGEST_TRUST_DOMAIN) {
      throw new IllegalArgumentException(
          "PODSEAL_TRUST_DOMAIN: '%s' has %d characters; with more than %d some pods would have an"
                  .formatted(trustDomain, trustDomain.length(), PodRecord.LONGEST_TRUST_DOMAIN)
              + " identity that is too long for IKE");
    }
  }

  /**
   * Which of the replicas this is.
   *
   * @param name of its pod
   * @param address of its pod; empty where no Service leads to it
   */
  public record Replica(String name, String address) {}

  /**
   * How fast it works.
   *
   * @param policies shortest time between two passes over policies
   * @param statuses shortest time between two passes over statuses
   * @param tick between two looks at deadlines
   * @param takeover how long a new leader waits for the sidecars of the one before, until it writes
   *     statuses without them
   */
  public record Pace(Duration policies, Duration statuses, Duration tick, Duration takeover) {
    /** The usual one. */
    public static final Pace DEFAULT =
        new Pace(
            Duration.ofMillis(20),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(15));
  }

  /** The name that a Service of the controller's namespace has. */
  public static String defaultServerName(String namespace) {
    return "podseal-controller." + namespace + ".svc";
  }

  /** DNS names of the certificate: the server name, the webhook, and their long forms. */
  List<String> dnsNames() {
    var names = new LinkedHashSet<String>();
    for (var name : List.of(serverName, "podseal-webhook." + namespace + ".svc")) {
      names.add(name);
      if (name.endsWith(".svc")) {
        names.add(name + ".cluster.local");
      }
    }
    return List.copyOf(names);
  }
}
