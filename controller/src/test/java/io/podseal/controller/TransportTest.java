package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.podseal.controller.control.ControlLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransportTest {
  private final ControllerFixture fixture = new ControllerFixture(oneStream());

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void onlyTls13IsSpoken() throws Exception {
    assertThat(handshake("TLSv1.3").getSubjectAlternativeNames())
        .contains(List.of(2, ControllerFixture.SERVER_NAME));
    assertThatExceptionOfType(SSLException.class).isThrownBy(() -> handshake("TLSv1.2"));
  }

  /** linkerd2#3452: a new certificate is there, and the old one is shown on. */
  @Test
  void linkerd3452_aRenewedCertificateIsShownWithoutARestart() throws Exception {
    var first = handshake("TLSv1.3");

    fixture.clock.advance(Duration.ofDays(60));

    await().until(() -> !handshake("TLSv1.3").equals(first));
    assertThat(fixture.metric("podseal.certificate.expiry", "certificate", "serving"))
        .isGreaterThan((double) Duration.ofDays(89).toSeconds());
  }

  @Test
  void oneStreamMoreThanTheLimitIsRefusedAndTheOthersStay() {
    var first = fixture.sidecar(fixture.pod("orders-0", "orders", "10.0.0.1"));
    await().until(() -> !first.updates().isEmpty());

    var second = fixture.sidecar(fixture.pod("db-0", "db", "10.0.0.2"));

    await().until(() -> second.ended() != null);
    assertThat(second.ended())
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(second.updates()).isEmpty();
    assertThat(first.ended()).isNull();
    assertThat(fixture.metric("podseal.streams.denied", "reason", "too_many_streams")).isEqualTo(1);
  }

  private X509Certificate handshake(String protocol) throws IOException, GeneralSecurityException {
    var root =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(
                    fixture.rootCertificate().getBytes(StandardCharsets.US_ASCII)));
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new AnyTime()}, null);
    try (var socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), fixture.controller.controlPort())) {
      socket.setEnabledProtocols(new String[] {protocol});
      var parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      var shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      shown.verify(root.getPublicKey());
      return shown;
    }
  }

  /** The test moves the controller's clock, so validity cannot be checked by the real one. */
  private static final class AnyTime implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static ControlLimits oneStream() {
    var usual = ControlLimits.DEFAULT;
    return new ControlLimits(
        1,
        usual.helloDeadline(),
        usual.acknowledgementDeadline(),
        usual.expiryGrace(),
        usual.reviewInterval(),
        usual.reviewRetry(),
        usual.reviewPatience(),
        usual.retryAfterRefusal(),
        usual.introduction(),
        usual.linger());
  }
}
