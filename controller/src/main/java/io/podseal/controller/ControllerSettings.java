package io.podseal.controller;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** What the environment sets: {@code PODSEAL_NAMESPACE} and so on. */
@ConfigMapping(prefix = "podseal")
public interface ControllerSettings {
  /** The controller's own namespace, where its Secrets are. */
  @WithDefault("podseal-system")
  String namespace();

  /** Name of this replica's pod; else that of the host. */
  Optional<String> podName();

  /** Address of this replica's pod; without it no EndpointSlice is written. */
  Optional<String> podIp();

  /** Last part of every pod identity. */
  @WithDefault("cluster.local")
  String trustDomain();

  /** Port of the control plane on all addresses; 0 takes a free one. */
  @WithDefault("9443")
  int controlPort();

  /** Port of the admission webhook on all addresses; 0 takes a free one. */
  @WithDefault("9444")
  int webhookPort();

  /** Peers that one pod may have. */
  @WithDefault("1000")
  int maxPeers();

  /** Between two reviews of the token of an open stream: 1s to 1h, such as 30s or 5m. */
  @WithDefault("5m")
  Duration reviewInterval();

  /** Name that the control plane's certificate proves. */
  Optional<String> serverName();

  /** What injected containers have in common. */
  Sidecar sidecar();

  /** {@code PODSEAL_SIDECAR_IMAGE} and so on. */
  interface Sidecar {
    /** Image with its tag. */
    @WithDefault("podseal/sidecar:latest")
    String image();

    /** Always, IfNotPresent or Never. */
    @WithDefault("IfNotPresent")
    String pullPolicy();

    /** Of pods that ask for no other. */
    @WithDefault("info")
    String logLevel();

    /** ResourceRequirements in JSON. */
    @WithDefault("{}")
    String resources();
  }
}
