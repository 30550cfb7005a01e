package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.grpc.Status;
import io.podseal.controller.control.ControlLimits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A whole controller whose certificate authority gets a new root while sidecars work. */
class AuthorityChangeTest {
  private static final Duration LOOK = Duration.ofSeconds(30);
  private static final Duration OVERLAP = Duration.ofHours(1);

  // In the past, so that what is issued hours later is valid in the world.
  private final ControllerFixture fixture =
      new ControllerFixture(ControlLimits.DEFAULT, Instant.now().minus(Duration.ofDays(1)));

  @AfterEach
  void stop() {
    fixture.close();
  }

  /** linkerd2#4287: the old root was dropped while something still showed a certificate of it. */
  @Test
  void linkerd4287_bothRootsAreTrustedWhileTheAuthorityChanges() {
    fixture.namespace("shop", Map.of("podseal.io/inject", "true"));
    webhook();
    var pod = fixture.pod("orders-0", "orders", "10.0.0.1");
    var old = fixture.rootCertificate();
    await().untilAsserted(() -> assertThat(fixture.bundle("shop")).isEqualTo(old));
    var working = fixture.sidecar(fixture.pod("orders-1", "orders", "10.0.0.2"));
    await().until(() -> !working.updates().isEmpty());

    request();
    fixture.clock.advance(LOOK);
    await().until(() -> !fixture.root("next.crt").isEmpty());
    var young = fixture.root("next.crt");
    awaitTrusted(old + young);
    assertThat(fixture.rootCertificate()).as("the new one is trusted only").isEqualTo(old);
    assertConnects(pod, old);
    assertRefuses(pod, young);

    assertThat(timeUntil(() -> fixture.rootCertificate().equals(young)))
        .isGreaterThanOrEqualTo(OVERLAP);
    awaitTrusted(young + old);
    assertConnects(pod, old + young);
    assertConnects(pod, young);
    assertRefuses(pod, old);

    assertThat(timeUntil(() -> fixture.root("previous.crt").isEmpty()))
        .isGreaterThanOrEqualTo(OVERLAP);
    awaitTrusted(young);
    assertConnects(pod, young);
    assertThat(working.ended()).as("whoever was connected all the time").isNull();
  }

  @Test
  void aLostAuthorityIsWrittenAgainAndNobodyNotices() {
    fixture.namespace("shop", Map.of("podseal.io/inject", "true"));
    var pod = fixture.pod("orders-0", "orders", "10.0.0.1");
    var root = fixture.rootCertificate();
    fixture
        .api
        .client()
        .secrets()
        .inNamespace(ControllerFixture.NAMESPACE)
        .withName("podseal-ca")
        .delete();

    fixture.clock.advance(LOOK);

    await()
        .untilAsserted(() ->
            assertThat(
                    fixture
                        .api
                        .client()
                        .secrets()
                        .inNamespace(ControllerFixture.NAMESPACE)
                        .withName("podseal-ca")
                        .get())
                .isNotNull());
    assertThat(fixture.rootCertificate()).isEqualTo(root);
    assertConnects(pod, root);
  }

  private Duration timeUntil(BooleanSupplier done) {
    var since = fixture.clock.instant();
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> {
          fixture.clock.advance(LOOK);
          return done.getAsBoolean();
        });
    return Duration.between(since, fixture.clock.instant());
  }

  private void assertConnects(Pod pod, String roots) {
    try (var sidecar = fixture.connect(fixture.token(pod), roots)) {
      await().until(() -> !sidecar.updates().isEmpty());
    }
  }

  private void assertRefuses(Pod pod, String roots) {
    try (var sidecar = fixture.connect(fixture.token(pod), roots)) {
      await().until(() -> sidecar.ended() != null);
      assertThat(sidecar.ended())
          .satisfies(end -> assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE))
          .satisfies(end -> assertThat(end.getCause()).isInstanceOf(SSLHandshakeException.class));
      assertThat(sidecar.updates()).isEmpty();
    }
  }

  private void request() {
    fixture
        .api
        .client()
        .secrets()
        .inNamespace(ControllerFixture.NAMESPACE)
        .withName("podseal-ca")
        .edit(secret ->
            new SecretBuilder(secret)
                .editMetadata()
                .addToAnnotations("podseal.io/renew", "now")
                .endMetadata()
                .build());
  }

  private void webhook() {
    fixture
        .api
        .client()
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("podseal-injector")
                .endMetadata()
                .addNewWebhook()
                .withName("inject.podseal.io")
                .withNewClientConfig()
                .endClientConfig()
                .endWebhook()
                .build())
        .create();
  }

  private void awaitTrusted(String roots) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          assertThat(fixture.bundle("shop")).isEqualTo(roots);
          assertThat(caBundle()).isEqualTo(roots);
        });
  }

  private String caBundle() {
    var bundle =
        fixture
            .api
            .client()
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName("podseal-injector")
            .get()
            .getWebhooks()
            .getFirst()
            .getClientConfig()
            .getCaBundle();
    return new String(
        Base64.getDecoder().decode(bundle == null ? "" : bundle), StandardCharsets.US_ASCII);
  }
}
