package io.podseal.e2e.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;

/** Reads the facts that tests need out of a sidecar's {@code /status} and {@code /metrics}. */
final class Statuses {
  private Statuses() {}

  /** Returns how many child SAs are installed. */
  static int liveSas(JsonNode status) {
    int count = 0;
    for (JsonNode ike : status.path("ikeSas")) {
      count += ike.path("children").size();
    }
    return count;
  }

  /** Returns how many peers the controller has told the sidecar of. */
  static int peers(JsonNode status) {
    return status.path("peers").asInt();
  }

  /** Returns whether an IKE SA with {@code peer} stands; one that waits for its Delete does not. */
  static boolean sealedWith(JsonNode status, ClusterPod peer) {
    for (JsonNode ike : status.path("ikeSas")) {
      if (ike.path("peer").asText().equals(peer.namespace() + "/" + peer.name())
          && ike.path("phase").asText().equals("ESTABLISHED")) {
        return true;
      }
    }
    return false;
  }

  /** Returns the packets and datagrams dropped for any reason. */
  static double drops(Sidecar sidecar) {
    return sidecar.metric("podseal_drops_total");
  }
}
