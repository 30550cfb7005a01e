package io.podseal.controller.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PeerSource;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import io.podseal.crds.v1alpha1.Selector;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MockApiServerTest {
  private final MockApiServer server = MockApiServer.start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void storesAPeeringAndMergesItsStatusApart() {
    var peering = new SecurePeering();
    peering.setMetadata(
        new ObjectMetaBuilder().withNamespace("shop").withName("orders-to-db").build());
    peering.setSpec(
        new SecurePeeringSpec(
            new PeerSource(Selector.label("app", "orders")),
            List.of(new PeerDestination(Selector.label("app", "db"))),
            null,
            SecurePeeringSpec.STRICT,
            null));
    server.client().resource(peering).create();

    var stored =
        server.client().resources(SecurePeering.class).inNamespace("shop").withName("orders-to-db");
    stored
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"observedGeneration\":1}}");

    assertThat(stored.get().getStatus().observedGeneration()).isEqualTo(1);
    assertThat(stored.get().getSpec()).isEqualTo(peering.getSpec());
    assertThat(stored.get().getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void knowsTheTokensItMintedForTheAudienceTheyHave() {
    var token = server.mintToken("shop", "orders-0", "uid-1", "orders", Duration.ofMinutes(10));

    var review = review(token, "podseal");
    assertThat(review.getStatus().getAuthenticated()).isTrue();
    assertThat(review.getStatus().getAudiences()).containsExactly("podseal");
    assertThat(review.getStatus().getUser().getExtra().get("authentication.kubernetes.io/pod-uid"))
        .containsExactly("uid-1");
    assertThat(review(token, "vault").getStatus().getAuthenticated()).isFalse();
    assertThat(review("foreign", "podseal").getStatus().getAuthenticated()).isFalse();
    assertThat(server.tokenReviews()).isEqualTo(3);
  }

  @Test
  void refusesExpiredAndRevokedTokens() {
    var expired = server.mintToken("shop", "orders-0", "uid-1", "orders", Duration.ofSeconds(-1));
    var revoked = server.mintToken("shop", "orders-1", "uid-2", "orders", Duration.ofMinutes(1));
    server.deletePodTokens("uid-2");

    assertThat(review(expired, "podseal").getStatus().getAuthenticated()).isFalse();
    assertThat(review(revoked, "podseal").getStatus().getAuthenticated()).isFalse();
  }

  @Test
  void canBeMadeToFailTokenReviewsOnly() {
    server.failTokenReviews(true);

    Assertions.assertThatExceptionOfType(KubernetesClientException.class)
        .isThrownBy(() -> review("any", "podseal"))
        .satisfies(e -> assertThat(e.getCode()).isEqualTo(500));
    assertThat(server.client().pods().inAnyNamespace().list().getItems()).isEmpty();
  }

  @Test
  void itsKubeconfigLeadsToIt() {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("shop")
            .withName("p")
            .endMetadata()
            .build();
    try (var client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build()) {
      client.resource(pod).create();
    }
    assertThat(server.client().pods().inNamespace("shop").withName("p").get()).isNotNull();
  }

  private TokenReview review(String token, String audience) {
    return server
        .client()
        .resource(
            new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(audience)
                .endSpec()
                .build())
        .create();
  }
}
