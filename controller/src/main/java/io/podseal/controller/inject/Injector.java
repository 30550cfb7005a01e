package io.podseal.controller.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides about a pod and gives it its sidecar: the first init container, restarted for ever, so
 * that it works before anything else of the pod and after everything else.
 *
 * <p>Works on the raw tree, so that fields of a newer Kubernetes survive. Idempotent: a pod that
 * has the right sidecar is not changed, one whose sidecar was moved or altered is mended. Pure and
 * safe for use by several threads.
 */
public final class Injector {
  /** The label of pods and namespaces. */
  public static final String LABEL = "podseal.io/inject";

  /** Name of the sidecar's container. */
  public static final String CONTAINER = SidecarContainer.NAME;

  /** Namespaces that are never touched, beside the controller's own. */
  public static final Set<String> RESERVED =
      Set.of("kube-system", "kube-public", "kube-node-lease");

  private static final String ENFORCE = "pod-security.kubernetes.io/enforce";
  private static final JsonMapper JSON = new JsonMapper();

  private final SidecarTemplate template;
  private final String ownNamespace;

  /** Injects by {@code template}, but never into {@code ownNamespace}. */
  public Injector(SidecarTemplate template, String ownNamespace) {
    this.template = template;
    this.ownNamespace = ownNamespace;
  }

  /** Decides about one pod of a namespace that opted in. */
  public Injection inject(ObjectNode pod, String namespace) {
    if (RESERVED.contains(namespace) || ownNamespace.equals(namespace)) {
      return new Injection.Skipped(SkipReason.RESERVED_NAMESPACE);
    }
    var spec = pod.path("spec");
    var metadata = pod.path("metadata");
    if (metadata.path("annotations").has("kubernetes.io/config.mirror")) {
      return new Injection.Skipped(SkipReason.STATIC_POD);
    }
    if (spec.path("hostNetwork").asBoolean()) {
      return new Injection.Skipped(SkipReason.HOST_NETWORK);
    }
    if (spec.path("os").path("name").asText().equals("windows")) {
      return new Injection.Skipped(SkipReason.WINDOWS);
    }
    var wish = metadata.path("labels").path(LABEL).asText("true");
    if (wish.equals("false")) {
      return new Injection.Skipped(SkipReason.OPTED_OUT);
    }
    var problems = new ArrayList<String>();
    if (!wish.equals("true")) {
      problems.add("label " + LABEL + ": '" + wish + "' is neither true nor false");
    }
    var annotations = new PodAnnotations(pod);
    annotations.check(problems);
    checkNames(spec, problems);
    if (isTakenInit(spec) && !metadata.path("annotations").has(PodAnnotations.STATUS)) {
      problems.add("init container name 'podseal' is the sidecar's: choose another");
    }
    return problems.isEmpty()
        ? changed(pod, annotations, problems)
        : new Injection.Refused(problems);
  }

  /** What the namespace's Pod Security level will say about an injected pod; empty if nothing. */
  public static List<String> warnings(String namespace, Map<String, String> labels) {
    var level = labels.getOrDefault(ENFORCE, "privileged");
    return level.equals("privileged")
        ? List.of()
        : List.of(
            "PodSecurityForbids: namespace "
                + namespace
                + " enforces Pod Security level '"
                + level
                + "', which refuses the Podseal sidecar (NET_ADMIN, /dev/net/tun): kubectl label"
                + " --overwrite namespace "
                + namespace
                + " "
                + ENFORCE
                + "=privileged");
  }

  /** What will keep an injected pod from starting, as far as its spec tells; empty if nothing. */
  public static List<String> warnings(JsonNode pod) {
    return pod.at("/spec/dnsPolicy").asText().equals("Default")
        ? List.of(
            "NoClusterDns: with dnsPolicy Default the sidecar cannot find the controller, whose name"
                + " only the DNS of the cluster knows, and the pod does not start: use ClusterFirst,"
                + " or None with the cluster's DNS in dnsConfig")
        : List.of();
  }

  private Injection changed(ObjectNode pod, PodAnnotations annotations, List<String> problems) {
    var after = pod.deepCopy();
    var metadata = object(after, "metadata");
    var spec = object(after, "spec");
    var notes = object(metadata, "annotations");
    var probes = new ProbeRewrite(notes.path(PodAnnotations.ORIGINAL_PROBES).asText(), problems);
    var others = JSON.createArrayNode();
    ObjectNode present = JSON.createObjectNode();
    for (var container : spec.path("initContainers")) {
      if (container.path("name").asText().equals(SidecarContainer.NAME)) {
        present = (ObjectNode) container;
      } else {
        others.add(container);
      }
    }
    containers(others).forEach(probes::rewrite);
    containers(spec.path("containers")).forEach(probes::rewrite);
    if (!problems.isEmpty()) {
      return new Injection.Refused(problems);
    }
    var sidecar =
        SidecarContainer.of(
            template,
            annotations.logLevel(template),
            annotations.resources(template),
            probes.handlers());
    keepForeignResources(present, sidecar);
    var all = JSON.createArrayNode();
    all.add(sidecar);
    all.addAll(others);
    spec.set("initContainers", all);
    volumes(spec);
    if (!probes.originals().isEmpty()) {
      notes.put(PodAnnotations.ORIGINAL_PROBES, probes.originals().toString());
    }
    notes.put(
        PodAnnotations.STATUS,
        JSON.createObjectNode()
            .put("container", SidecarContainer.NAME)
            .put("image", template.image())
            .toString());
    if (!notes.has(PodAnnotations.DEFAULT_CONTAINER)) {
      notes.put(
          PodAnnotations.DEFAULT_CONTAINER, spec.path("containers").path(0).path("name").asText());
    }
    return new Injection.Injected(pod, after);
  }

  /** Without our annotation, which a copy of an injected pod has lost, its environment tells. */
  private static boolean isTakenInit(JsonNode spec) {
    for (var container : spec.path("initContainers")) {
      if (container.path("name").asText().equals(SidecarContainer.NAME)
          && !container
              .path("env")
              .findValuesAsText("name")
              .contains(SidecarContainer.CONTROLLER)) {
        return true;
      }
    }
    return false;
  }

  /** Names that this pod must leave to us. */
  private static void checkNames(JsonNode spec, List<String> problems) {
    if (!spec.path("containers").isArray() || spec.path("containers").isEmpty()) {
      problems.add("the pod has no containers");
    }
    for (var container : spec.path("containers")) {
      if (container.path("name").asText().equals(SidecarContainer.NAME)) {
        problems.add("container name 'podseal' is the sidecar's: choose another");
      }
    }
    for (var list : List.of(spec.path("containers"), spec.path("initContainers"))) {
      for (var container : list) {
        if (!container.isObject()) {
          problems.add("a container is not an object");
        } else if (!container.path("name").asText().equals(SidecarContainer.NAME)) {
          for (var mount : container.path("volumeMounts")) {
            if (SidecarContainer.VOLUMES.contains(mount.path("name").asText())) {
              problems.add(
                  "container "
                      + container.path("name").asText()
                      + " mounts volume "
                      + mount.path("name").asText()
                      + ", which is the sidecar's: choose another name");
            }
          }
        }
      }
    }
  }

  /** Limits and requests that a LimitRange added for resources of which we say nothing. */
  private static void keepForeignResources(ObjectNode present, ObjectNode sidecar) {
    for (var part : List.of("limits", "requests")) {
      for (var entry : present.path("resources").path(part).properties()) {
        var ours = object(object(sidecar, "resources"), part);
        if (!ours.has(entry.getKey())) {
          ours.set(entry.getKey(), entry.getValue());
        }
      }
      if (sidecar.path("resources").path(part).isEmpty()) {
        ((ObjectNode) sidecar.path("resources")).remove(part);
      }
    }
  }

  private static void volumes(ObjectNode spec) {
    var others = JSON.createArrayNode();
    var ours = JSON.createArrayNode();
    for (var volume : spec.path("volumes")) {
      if (SidecarContainer.VOLUMES.contains(volume.path("name").asText())) {
        ours.add(volume);
      } else {
        others.add(volume);
      }
    }
    var wanted = JSON.createArrayNode();
    SidecarContainer.volumes().forEach(wanted::add);
    // Where they stand among the others does not matter: leave them when they are right.
    if (!ours.equals(wanted)) {
      others.addAll(wanted);
      spec.set("volumes", others);
    }
  }

  private static List<ObjectNode> containers(JsonNode list) {
    var found = new ArrayList<ObjectNode>();
    for (var container : list) {
      found.add((ObjectNode) container);
    }
    return found;
  }

  private static ObjectNode object(ObjectNode parent, String field) {
    if (parent.path(field) instanceof ObjectNode present) {
      return present;
    }
    return parent.putObject(field);
  }
}
