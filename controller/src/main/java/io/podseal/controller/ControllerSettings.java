package io.podseal.controller;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** What the environment sets: {@code PODSEAL_NAMESPACE} and so on. */
@ConfigMapping(prefix = "podseal")
public interface ControllerSettings {
  /** The controller's own namespace, where its Secrets are. */
  @WithDefault("podseal-system")
  String namespace();

  /** Last part of every pod identity. */
  @WithDefault("cluster.local")
  String trustDomain();

  /** Port of the control plane on all addresses; 0 takes a free one. */
  @WithDefault("9443")
  int controlPort();

  /** Peers that one pod may have. */
  @WithDefault("1000")
  int maxPeers();

  /** Name that the control plane's certificate proves. */
  Optional<String> serverName();

  /** What the Lease calls this replica; the host name if absent. */
  Optional<String> podName();

  /** Address that the Service leads to while this replica leads. */
  Optional<String> podIp();
}
