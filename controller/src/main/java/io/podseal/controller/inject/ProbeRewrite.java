package io.podseal.controller.inject;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Turns the kubelet's probes and HTTP hooks to the sidecar, which asks the application on the pod's
 * own address: the kubelet calls in clear from an address that nobody knows beforehand, and a
 * strict port refuses it.
 */
final class ProbeRewrite {
  private static final List<String> PROBES =
      List.of("livenessProbe", "readinessProbe", "startupProbe");
  private static final List<String> HOOKS = List.of("postStart", "preStop");
  private static final List<String> HANDLERS = List.of("httpGet", "tcpSocket", "grpc");
  private static final JsonMapper JSON = new JsonMapper();

  private final List<String> problems;
  private final JsonNode known;
  private final ObjectNode originals = JSON.createObjectNode();
  private final ObjectNode handlers = JSON.createObjectNode();

  /**
   * @param recorded the originals of an earlier injection, or nothing
   * @param problems where to say what cannot be turned
   */
  ProbeRewrite(String recorded, List<String> problems) {
    this.problems = problems;
    this.known = parse(recorded);
  }

  /** Rewrites those of one container in place. */
  void rewrite(ObjectNode container) {
    for (var kind : PROBES) {
      if (container.path(kind) instanceof ObjectNode probe) {
        turn(container, kind, probe, probe.path("timeoutSeconds").asInt(1));
      }
    }
    for (var kind : HOOKS) {
      if (container.path("lifecycle").path(kind) instanceof ObjectNode hook
          && hook.has("httpGet")) {
        turn(container, kind, hook, 0);
      }
    }
  }

  /** As they were before the first injection, for the annotation; keyed {@code container/kind}. */
  ObjectNode originals() {
    return originals;
  }

  /** With ports as numbers and the timeout, for the sidecar; keyed likewise. */
  ObjectNode handlers() {
    return handlers;
  }

  private void turn(ObjectNode container, String kind, ObjectNode probe, int timeout) {
    var key = container.path("name").asText() + "/" + kind;
    var path = "/probe/" + key;
    if (ours(probe, path)) {
      if (known.path(key) instanceof ObjectNode original) {
        keep(container, key, original);
      } else {
        problems.add(
            "the "
                + kind
                + " of container "
                + container.path("name").asText()
                + " asks the sidecar, but annotation "
                + PodAnnotations.ORIGINAL_PROBES
                + " does not say for what: write the probe as it was");
      }
      return;
    }
    for (var type : HANDLERS) {
      if (probe.path(type) instanceof ObjectNode handler) {
        var original = JSON.createObjectNode();
        original.set(type, handler.deepCopy());
        original.put("timeoutSeconds", timeout == 0 ? 30 : timeout);
        keep(container, key, original);
        probe.remove(type);
        probe
            .putObject("httpGet")
            .put("path", path)
            .put("port", SidecarContainer.HEALTH_PORT)
            .put("scheme", "HTTP");
        if (timeout > 0) {
          // The sidecar's own answer says more than the kubelet's timeout.
          probe.put("timeoutSeconds", timeout + 1);
        }
        return;
      }
    }
  }

  private void keep(ObjectNode container, String key, ObjectNode original) {
    originals.set(key, original);
    var resolved = original.deepCopy();
    for (var type : HANDLERS) {
      if (resolved.path(type) instanceof ObjectNode handler) {
        int port = port(container, handler.path("port"));
        if (port == 0) {
          problems.add(
              "the probe "
                  + key
                  + " names port '"
                  + handler.path("port").asText()
                  + "', which its container does not declare");
          return;
        }
        handler.put("port", port);
      }
    }
    handlers.set(key, resolved);
  }

  private static boolean ours(ObjectNode probe, String path) {
    var get = probe.path("httpGet");
    return get.path("port").asInt() == SidecarContainer.HEALTH_PORT
        && get.path("path").asText().equals(path);
  }

  private static int port(ObjectNode container, JsonNode port) {
    if (port.isInt()) {
      return port.intValue();
    }
    for (var declared : container.path("ports")) {
      if (declared.path("name").asText().equals(port.asText())) {
        return declared.path("containerPort").asInt();
      }
    }
    return port.asText().matches("[0-9]{1,5}") ? Integer.parseInt(port.asText()) : 0;
  }

  private static JsonNode parse(String text) {
    try {
      var tree = JSON.readTree(text);
      return tree == null ? JSON.missingNode() : tree;
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }
}
