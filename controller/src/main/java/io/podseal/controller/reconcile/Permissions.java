package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the API server at the start what this controller may not do, so that a missing rule has a
 * name before anything fails for want of it.
 */
public final class Permissions {
  private static final String CORE = "";
  private static final String OURS = "podseal.io";
  private static final String SLICES = "discovery.k8s.io";
  private static final String HOOKS = "admissionregistration.k8s.io";
  private static final String EVERYWHERE = "";
  private static final String ANY = "";

  /**
   * One permission.
   *
   * @param namespace empty for all
   * @param name empty for all
   * @param purpose what does not work without it
   */
  record Wanted(
      String namespace, String group, String resource, String verb, String name, String purpose) {}

  private Permissions() {}

  /**
   * A line for each permission that is missing, as far as the API server answers.
   *
   * @param namespace the controller's own
   */
  public static List<String> review(KubernetesClient client, String namespace) {
    var lines = new ArrayList<String>();
    try {
      for (var wanted : wanted(namespace)) {
        if (!allowed(client, wanted)) {
          lines.add(describe(wanted));
        }
      }
    } catch (KubernetesClientException e) {
      // What cannot be reached now is said by whoever needs it; what was found stays found.
    }
    return lines;
  }

  /** All that the chart's rbac.yaml grants; a test compares them. */
  static List<Wanted> wanted(String own) {
    var all = new Wishes();
    all.at(EVERYWHERE, CORE, "pods", ANY, "no peer is known", "get", "list", "watch");
    all.at(EVERYWHERE, CORE, "namespaces", ANY, "no namespace can opt in", "list", "watch");
    var services = "addresses of Services are not sealed";
    all.at(EVERYWHERE, CORE, "services", ANY, services, "list", "watch");
    all.at(EVERYWHERE, SLICES, "endpointslices", ANY, services, "list", "watch");
    for (var kind : List.of("securepeerings", "peeringgrants", "cryptoprofiles", "externalpeers")) {
      all.at(EVERYWHERE, OURS, kind, ANY, "none of them has an effect", "get", "list", "watch");
      all.at(EVERYWHERE, OURS, kind + "/status", ANY, "no status can be written", "patch");
    }
    all.at(
        EVERYWHERE,
        "authentication.k8s.io",
        "tokenreviews",
        ANY,
        "no sidecar can connect",
        "create");
    all.at(EVERYWHERE, CORE, "events", ANY, "nobody is told of transitions", "create");
    var roots = "namespaces get no root certificate";
    all.at(EVERYWHERE, CORE, "configmaps", ANY, roots, "create");
    all.at(EVERYWHERE, CORE, "configmaps", "podseal-ca", roots, "get", "list", "watch", "update");
    all.at(
        EVERYWHERE,
        HOOKS,
        "mutatingwebhookconfigurations",
        "podseal-injector",
        "the API server will not trust the webhook",
        "get",
        "list",
        "watch",
        "patch");
    all.at(own, CORE, "secrets", "podseal-master", "there are no keys", "get", "update");
    all.at(
        own, CORE, "secrets", "podseal-ca", "there is no certificate authority", "get", "update");
    all.at(own, CORE, "secrets", ANY, "no first key can be kept", "create");
    all.at(
        own,
        CORE,
        "configmaps",
        "podseal-key-epoch",
        "a lost master key goes unnoticed",
        "get",
        "update");
    var lease = "coordination.k8s.io";
    all.at(own, lease, "leases", "podseal-controller", "nobody can lead", "get", "patch");
    all.at(own, lease, "leases", ANY, "nobody can lead for the first time", "create");
    var found = "sidecars do not find the leader";
    all.at(own, SLICES, "endpointslices", "podseal-controller", found, "get", "update");
    all.at(own, SLICES, "endpointslices", ANY, found, "create");
    return List.copyOf(all.wanted);
  }

  private static final class Wishes {
    private final List<Wanted> wanted = new ArrayList<>();

    void at(
        String namespace,
        String group,
        String resource,
        String name,
        String purpose,
        String... verbs) {
      for (var verb : verbs) {
        wanted.add(new Wanted(namespace, group, resource, verb, name, purpose));
      }
    }
  }

  private static boolean allowed(KubernetesClient client, Wanted wanted) {
    var slash = wanted.resource().indexOf('/');
    var attributes = new ResourceAttributes();
    attributes.setNamespace(wanted.namespace());
    attributes.setGroup(wanted.group());
    attributes.setResource(slash < 0 ? wanted.resource() : wanted.resource().substring(0, slash));
    attributes.setSubresource(slash < 0 ? "" : wanted.resource().substring(slash + 1));
    attributes.setVerb(wanted.verb());
    attributes.setName(wanted.name());
    var review =
        client
            .authorization()
            .v1()
            .selfSubjectAccessReview()
            .create(
                new SelfSubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withResourceAttributes(attributes)
                    .endSpec()
                    .build());
    return review == null
        || review.getStatus() == null
        || Boolean.TRUE.equals(review.getStatus().getAllowed());
  }

  private static String describe(Wanted wanted) {
    return "missing permission: "
        + wanted.verb()
        + " "
        + wanted.resource()
        + (wanted.group().isEmpty() ? "" : "." + wanted.group())
        + (wanted.name().isEmpty() ? "" : " named " + wanted.name())
        + (wanted.namespace().isEmpty() ? "" : " in namespace " + wanted.namespace())
        + "; without it "
        + wanted.purpose()
        + ": compare the chart's rbac.yaml";
  }
}
