package io.podseal.controller.inject;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The container {@code podseal} and its volumes, with every default of the API server spelt out, so
 * that what comes back from it can be compared field by field.
 */
final class SidecarContainer {
  static final String NAME = "podseal";
  static final int HEALTH_PORT = 9808;

  private static final String TOKEN = "podseal-token";

  /** Where the sidecar finds the controller. */
  static final String CONTROLLER = "PODSEAL_CONTROLLER";

  private static final String CA = "podseal-ca";
  private static final String TUN = "podseal-tun";
  private static final String NO_API_TOKEN = "podseal-no-api-token";
  private static final JsonMapper JSON = new JsonMapper();

  /** The names that no other volume of the pod may have. */
  static final List<String> VOLUMES = List.of(TOKEN, CA, TUN, NO_API_TOKEN);

  private SidecarContainer() {}

  /**
   * @param probes what the sidecar asks on behalf of the kubelet, see {@link ProbeRewrite}
   */
  static ObjectNode of(
      SidecarTemplate template, String logLevel, ObjectNode resources, ObjectNode probes) {
    var container = JSON.createObjectNode();
    container.put("name", NAME);
    container.put("image", template.image());
    container.put("imagePullPolicy", template.pullPolicy());
    container.put("restartPolicy", "Always");
    container.put("terminationMessagePath", "/dev/termination-log");
    container.put("terminationMessagePolicy", "FallbackToLogsOnError");
    var env = container.putArray("env");
    variable(env, CONTROLLER, template.controller());
    variable(env, "PODSEAL_LOG_LEVEL", logLevel);
    env.addObject()
        .put("name", "PODSEAL_POD_IP")
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "status.podIP");
    if (!probes.isEmpty()) {
      variable(env, "PODSEAL_PROBES", probes.toString());
    }
    container.set("resources", resources);
    security(container.putObject("securityContext"));
    probe(container.putObject("startupProbe"), "/readyz", 1, 120);
    probe(container.putObject("livenessProbe"), "/livez", 10, 3);
    probe(container.putObject("readinessProbe"), "/readyz", 5, 3);
    var mounts = container.putArray("volumeMounts");
    mount(mounts, TOKEN, "/var/run/secrets/podseal.io", true);
    mount(mounts, CA, "/var/run/podseal/ca", true);
    mount(mounts, TUN, "/dev/net/tun", false);
    // Where something is mounted already, the API server does not mount the pod's API token.
    mount(mounts, NO_API_TOKEN, "/var/run/secrets/kubernetes.io/serviceaccount", true);
    return container;
  }

  /** In the order of {@link #VOLUMES}. */
  static List<ObjectNode> volumes() {
    var token = JSON.createObjectNode().put("name", TOKEN);
    var projected = token.putObject("projected").put("defaultMode", 0644);
    projected
        .putArray("sources")
        .addObject()
        .putObject("serviceAccountToken")
        .put("audience", "podseal")
        .put("expirationSeconds", 3600)
        .put("path", "token");
    var ca = JSON.createObjectNode().put("name", CA);
    ca.putObject("configMap").put("name", "podseal-ca").put("defaultMode", 0644);
    var tun = JSON.createObjectNode().put("name", TUN);
    tun.putObject("hostPath").put("path", "/dev/net/tun").put("type", "CharDevice");
    var nothing = JSON.createObjectNode().put("name", NO_API_TOKEN);
    nothing.putObject("emptyDir");
    return List.of(token, ca, tun, nothing);
  }

  /** Root with two capabilities: another user has none effective, whatever is added. */
  private static void security(ObjectNode context) {
    context.put("runAsUser", 0);
    context.put("runAsNonRoot", false);
    context.put("allowPrivilegeEscalation", false);
    context.put("readOnlyRootFilesystem", true);
    context.putObject("seccompProfile").put("type", "RuntimeDefault");
    var capabilities = context.putObject("capabilities");
    capabilities.putArray("add").add("NET_ADMIN").add("NET_BIND_SERVICE");
    capabilities.putArray("drop").add("ALL");
  }

  private static void probe(ObjectNode probe, String path, int period, int failures) {
    probe.putObject("httpGet").put("path", path).put("port", HEALTH_PORT).put("scheme", "HTTP");
    probe.put("timeoutSeconds", 2);
    probe.put("periodSeconds", period);
    probe.put("successThreshold", 1);
    probe.put("failureThreshold", failures);
  }

  private static void variable(ArrayNode env, String name, String value) {
    env.addObject().put("name", name).put("value", value);
  }

  private static void mount(ArrayNode mounts, String volume, String path, boolean readOnly) {
    var mount = mounts.addObject().put("name", volume).put("mountPath", path);
    if (readOnly) {
      mount.put("readOnly", true);
    }
  }
}
