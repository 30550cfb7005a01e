package io.podseal.controller.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.podseal.controller.TestClock;
import io.podseal.controller.apiserver.MockApiServer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CertificatesTest {
  private static final String NAMESPACE = "podseal-system";

  private final MockApiServer api = MockApiServer.start();
  private final TestClock clock = new TestClock(Instant.parse("2030-01-01T00:00:00Z"));

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void theFirstReplicaMakesTheAuthorityAndTheOthersReadIt() {
    var authority = secret().load().current();

    assertThat(secret().load().current().certificatePem()).isEqualTo(authority.certificatePem());
    assertThat(Duration.between(clock.instant(), authority.expiry()))
        .isEqualTo(Duration.ofDays(3650));
  }

  @Test
  void replicasThatStartTogetherAgreeOnOneAuthority() {
    var together = new CountDownLatch(8);
    var made =
        Stream.generate(() ->
                CompletableFuture.supplyAsync(
                    () -> {
                      together.countDown();
                      try {
                        together.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return secret().load().current().certificatePem();
                    },
                    task -> Thread.ofPlatform().start(task)))
            .limit(8)
            .toList();

    assertThat(made.stream().map(CompletableFuture::join).distinct()).hasSize(1);
    assertThat(secret().load().current().certificatePem()).isEqualTo(made.getFirst().join());
  }

  @Test
  void aServingCertificateProvesTheServerNameUnderTheRoot() throws GeneralSecurityException {
    var authority = secret().load().current();
    var serving = serving(authority);
    var certificate = serving.certificate();

    certificate.verify(Pem.certificate(authority.certificatePem()).getPublicKey());
    assertThat(certificate.getSubjectAlternativeNames())
        .containsExactly(List.of(2, "podseal-controller.podseal-system.svc"));
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(certificate.getBasicConstraints()).as("no CA").isEqualTo(-1);
    assertThat(((ECPublicKey) certificate.getPublicKey()).getParams().getOrder().bitLength())
        .isEqualTo(256);
    assertThat(Duration.between(clock.instant(), serving.expiry())).isEqualTo(Duration.ofDays(90));
  }

  /** linkerd2#3452: a certificate that nobody renews ends everything after a year. */
  @Test
  void linkerd3452_theServingCertificateIsRenewedAtTwoThirdsOfItsLife() {
    var serving = serving(secret().load().current());
    var first = serving.certificate();

    clock.advance(Duration.ofDays(59));
    assertThat(serving.renewIfDue()).isFalse();
    clock.advance(Duration.ofDays(1));
    assertThat(serving.renewIfDue()).isTrue();

    assertThat(serving.certificate()).isNotEqualTo(first);
    assertThat(Duration.between(clock.instant(), serving.expiry())).isEqualTo(Duration.ofDays(90));
    assertThat(serving.getPrivateKey(first.getSerialNumber().toString(16)))
        .as("a handshake in progress still finds its key")
        .isNotNull();
  }

  @Test
  void noCertificateOutlivesItsRoot() {
    var authority = secret().load().current();
    clock.advance(Duration.ofDays(3640));

    assertThat(serving(authority).expiry()).isEqualTo(authority.expiry());
  }

  @Test
  void aDamagedOrExpiredAuthorityIsNeverOverwritten() {
    secret().load();
    var stored = api.client().secrets().inNamespace(NAMESPACE).withName("podseal-ca").get();

    clock.advance(Duration.ofDays(3651));
    assertThatExceptionOfType(AuthorityException.class)
        .isThrownBy(() -> secret().load())
        .withMessageContaining("expired")
        .withMessageContaining("restore it from a backup");

    var other = CertificateAuthority.create(new SecureRandom(), clock.instant());
    stored
        .getData()
        .put(
            "ca.key",
            Base64.getEncoder().encodeToString(other.keyPem().getBytes(StandardCharsets.US_ASCII)));
    api.client().resource(stored).update();
    assertThatExceptionOfType(AuthorityException.class)
        .isThrownBy(() -> secret().load())
        .withMessageContaining("do not belong together");

    stored.getMetadata().setResourceVersion(null);
    stored.getData().put("ca.key", "!");
    api.client().resource(stored).update();
    assertThatExceptionOfType(AuthorityException.class)
        .isThrownBy(() -> secret().load())
        .withMessageContaining("ca.key");
    assertThat(api.client().secrets().inNamespace(NAMESPACE).withName("podseal-ca").get().getData())
        .containsEntry("ca.key", "!");
  }

  @Test
  void theRootIsWrittenAndCorrected() {
    var bundles = new TrustBundles(api.client());
    bundles.write(List.of("shop"), "one");
    assertThat(bundle()).isEqualTo("one");
    bundles.write(List.of("shop"), "two");
    assertThat(bundle()).isEqualTo("two");
  }

  private @Nullable String bundle() {
    return api.client()
        .configMaps()
        .inNamespace("shop")
        .withName("podseal-ca")
        .get()
        .getData()
        .get("ca.crt");
  }

  private AuthoritySecret secret() {
    return new AuthoritySecret(api.client(), NAMESPACE, new SecureRandom(), clock);
  }

  private ServingCertificate serving(CertificateAuthority authority) {
    return new ServingCertificate(
        () -> authority, List.of("podseal-controller.podseal-system.svc"), clock);
  }
}
