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
  private record Wanted(
      String namespace, String group, String resource, String verb, String name, String purpose) {}

  private Permissions() {}

  /**
   * A line for each permission that is missing; empty where all are there or nobody can be asked.
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
      // What cannot be reached now is said by whoever needs it.
      return List.of();
    }
    return lines;
  }

  private static List<Wanted> wanted(String own) {
    return List.of(
        new Wanted(
            "", "authentication.k8s.io", "tokenreviews", "create", "", "no sidecar can connect"),
        new Wanted("", "", "pods", "list", "", "no peer is known"),
        new Wanted("", "", "pods", "watch", "", "no change of a pod is seen"),
        new Wanted("", "", "namespaces", "watch", "", "no namespace can opt in"),
        new Wanted("", "", "services", "watch", "", "addresses of Services are not sealed"),
        new Wanted(
            "",
            "discovery.k8s.io",
            "endpointslices",
            "watch",
            "",
            "addresses of Services are not sealed"),
        new Wanted("", "podseal.io", "securepeerings", "watch", "", "nothing can be declared"),
        new Wanted("", "podseal.io", "peeringgrants", "watch", "", "no grant is seen"),
        new Wanted("", "podseal.io", "cryptoprofiles", "watch", "", "no profile is seen"),
        new Wanted(
            "", "podseal.io", "securepeerings/status", "patch", "", "no status can be written"),
        new Wanted("", "", "configmaps", "create", "", "new namespaces get no root certificate"),
        new Wanted(
            "",
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations",
            "patch",
            "podseal-injector",
            "the API server will not trust the webhook"),
        new Wanted(own, "", "secrets", "get", "podseal-master", "there are no keys"),
        new Wanted(own, "", "secrets", "create", "", "no first key can be kept"),
        new Wanted(
            own, "coordination.k8s.io", "leases", "patch", "podseal-controller", "nobody can lead"),
        new Wanted(
            own,
            "discovery.k8s.io",
            "endpointslices",
            "update",
            "podseal-controller",
            "sidecars do not find the leader"));
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
