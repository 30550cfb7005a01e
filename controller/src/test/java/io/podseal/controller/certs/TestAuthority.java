package io.podseal.controller.certs;

import io.podseal.controller.TestClock;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of a test's own, with a certificate for one name. */
public final class TestAuthority {
  private static final Duration RENEWAL = Duration.ofDays(61);

  private final TestClock clock = new TestClock(Instant.now().minus(RENEWAL));
  private final CertificateAuthority authority =
      CertificateAuthority.create(new SecureRandom(), clock.instant());
  private final ServingCertificate certificate;

  public TestAuthority(String dnsName) {
    certificate = new ServingCertificate(() -> authority, List.of(dnsName), clock);
  }

  public ServingCertificate certificate() {
    return certificate;
  }

  /** What the next handshake shows. */
  public X509Certificate shown() {
    return certificate.certificate();
  }

  /** Lets the renewal come due; both certificates are valid today. */
  public void renew() {
    clock.advance(RENEWAL);
    certificate.renewIfDue();
  }

  /** Trusts this authority alone. */
  public SSLContext trust() {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("root", Pem.certificate(authority.certificatePem()));
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      var context = SSLContext.getInstance("TLSv1.3");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
