package io.podseal.sidecar;

import io.podseal.protocol.ike.Limits;
import io.podseal.sidecar.probe.Probes;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The sidecar's options; each can be set by an environment variable. */
final class SidecarOptions {
  @Option(
      names = "--controller",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PODSEAL_CONTROLLER:-podseal-controller.podseal-system.svc:9443}",
      description = "where the controller serves sidecars [PODSEAL_CONTROLLER] (${DEFAULT-VALUE})")
  String controller = "";

  @Option(
      names = "--server-name",
      paramLabel = "NAME",
      defaultValue = "${env:PODSEAL_SERVER_NAME:-}",
      description =
          "name in the controller's certificate [PODSEAL_SERVER_NAME] (the host of --controller)")
  String serverName = "";

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      defaultValue = "${env:PODSEAL_CA_FILE:-/var/run/podseal/ca/ca.crt}",
      description = "roots that sign the controller [PODSEAL_CA_FILE] (${DEFAULT-VALUE})")
  Path caFile = Path.of("");

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "${env:PODSEAL_TOKEN_FILE:-/var/run/secrets/podseal.io/token}",
      description = "this pod's projected token [PODSEAL_TOKEN_FILE] (${DEFAULT-VALUE})")
  Path tokenFile = Path.of("");

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      defaultValue = "${env:PODSEAL_HEALTH_PORT:-9808}",
      description =
          "TCP port of /livez, /readyz, /metrics and, inside the pod, /status"
              + " [PODSEAL_HEALTH_PORT] (${DEFAULT-VALUE})")
  int healthPort;

  @Option(
      names = "--tun",
      paramLabel = "NAME",
      defaultValue = "${env:PODSEAL_TUN:-podseal0}",
      description = "name of the TUN device [PODSEAL_TUN] (${DEFAULT-VALUE})")
  String tun = "";

  @Option(
      names = "--ike-fragment-size",
      paramLabel = "OCTETS",
      defaultValue = "${env:PODSEAL_IKE_FRAGMENT_SIZE:-" + Limits.FRAGMENT_SIZE + "}",
      description =
          "largest IP datagram with an IKE message, on paths that carry no larger ones"
              + " [PODSEAL_IKE_FRAGMENT_SIZE] (${DEFAULT-VALUE})")
  int ikeFragmentSize;

  @Option(
      names = "--debug-keys-dir",
      paramLabel = "DIR",
      defaultValue = "${env:PODSEAL_DEBUG_KEYS_DIR:-}",
      description =
          "writes all IKE and ESP keys there for Wireshark: never in production"
              + " [PODSEAL_DEBUG_KEYS_DIR] (off)")
  String debugKeysDir = "";

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "${env:PODSEAL_LOG_LEVEL:-info}",
      description = "error, warn, info, debug or trace [PODSEAL_LOG_LEVEL] (${DEFAULT-VALUE})")
  String logLevel = "";

  @Option(
      names = "--pod-ip",
      paramLabel = "ADDRESS",
      defaultValue = "${env:PODSEAL_POD_IP:-}",
      description = "where the application's probes are performed [PODSEAL_POD_IP]")
  String podIp = "";

  /** Read here, because picocli would expand variables inside the JSON. */
  Probes declaredProbes() {
    return Probes.parse(System.getenv().getOrDefault("PODSEAL_PROBES", ""), podIp);
  }

  /**
   * Refuses values that picocli takes and that cannot be meant.
   *
   * @throws IllegalArgumentException that names the option
   */
  void check() {
    controllerHost();
    port("--controller " + controller, controllerPort());
    port("--health-port " + healthPort + " (PODSEAL_HEALTH_PORT)", healthPort);
    if (ikeFragmentSize < Limits.LEAST_FRAGMENT_SIZE || ikeFragmentSize > Limits.FRAGMENT_SIZE) {
      throw new IllegalArgumentException(
          "--ike-fragment-size %d (PODSEAL_IKE_FRAGMENT_SIZE): a number from %d to %d"
              .formatted(ikeFragmentSize, Limits.LEAST_FRAGMENT_SIZE, Limits.FRAGMENT_SIZE));
    }
    declaredProbes();
  }

  private static void port(String option, int number) {
    if (number < 1 || number > 65535) {
      throw new IllegalArgumentException(option + ": a port is a number from 1 to 65535");
    }
  }

  String controllerHost() {
    int colon = controller.lastIndexOf(':');
    if (colon < 1 || !controller.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException(
          "--controller " + controller + " is not HOST:PORT, such as 10.0.0.1:9443");
    }
    return controller.substring(0, colon);
  }

  int controllerPort() {
    return Integer.parseInt(controller.substring(controller.lastIndexOf(':') + 1));
  }

  String effectiveServerName() {
    return serverName.isEmpty() ? controllerHost() : serverName;
  }
}
