package io.podseal.e2e.kube;

import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.time.Duration;

/** Mints tokens of one service account by the TokenRequest API, as the kubelet does. */
public final class Tokens {
  private final KubernetesClient client;
  private final String namespace;
  private final String account;

  private Tokens(KubernetesClient client, String namespace, String account) {
    this.client = client;
    this.namespace = namespace;
    this.account = account;
  }

  /** Returns the mint of an account, which need not be there yet. */
  public static Tokens of(KubernetesClient client, String namespace, String account) {
    return new Tokens(client, namespace, account);
  }

  /** Makes the account, unless it is there: without a controller manager nobody else does. */
  public void makeAccount() {
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(account)
                .endMetadata()
                .build())
        .createOr(NonDeletingOperation::update);
  }

  /** Returns a token for the API server itself. */
  public String mint(Duration life) {
    return request(
        new TokenRequestBuilder()
            .withNewSpec()
            .withExpirationSeconds(life.toSeconds())
            .endSpec()
            .build());
  }

  /** Returns a token bound to a pod; the shortest life that Kubernetes grants is 10 minutes. */
  public String mintForPod(String podName, String podUid, Duration life, String audience) {
    return request(
        new TokenRequestBuilder()
            .withNewSpec()
            .withAudiences(audience)
            .withExpirationSeconds(life.toSeconds())
            .withNewBoundObjectRef()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(podName)
            .withUid(podUid)
            .endBoundObjectRef()
            .endSpec()
            .build());
  }

  private String request(TokenRequest request) {
    return client
        .serviceAccounts()
        .inNamespace(namespace)
        .withName(account)
        .tokenRequest(request)
        .getStatus()
        .getToken();
  }
}
