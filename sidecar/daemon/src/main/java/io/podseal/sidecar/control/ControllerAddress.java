package io.podseal.sidecar.control;

import java.nio.file.Path;

/**
 * Where the controller is and how both ends prove themselves.
 *
 * @param serverName DNS name that its certificate must have
 * @param caFile PEM of the roots to trust; read anew for every connection
 * @param tokenFile the pod's projected token; read anew for every stream
 */
public record ControllerAddress(
    String host, int port, String serverName, Path caFile, Path tokenFile) {}
