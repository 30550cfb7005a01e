package io.podseal.controller.certs;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that the control plane shows, renewed without a restart at two thirds of its life
 * and when another root issues: each handshake uses the newest, open connections stay.
 *
 * <p>The private key lives in memory only. Safe for use by several threads.
 */
public final class ServingCertificate extends X509ExtendedKeyManager {
  private static final Duration LIFE = Duration.ofDays(90);
  private static final String KEY_TYPE = "EC";

  private record Current(
      String alias,
      CertificateAuthority issuer,
      CertificateAuthority.Issued issued,
      Instant renewal) {}

  private final Supplier<CertificateAuthority> authority;
  private final List<String> dnsNames;
  private final InstantSource clock;
  private volatile Current current;
  // The one before: a handshake may have chosen its alias just before the renewal.
  private volatile Current previous;

  /**
   * Issues the first certificate for a server of these DNS names.
   *
   * @param authority which issues now
   */
  public ServingCertificate(
      Supplier<CertificateAuthority> authority, List<String> dnsNames, InstantSource clock) {
    this.authority = authority;
    this.dnsNames = List.copyOf(dnsNames);
    this.clock = clock;
    this.current = issue();
    this.previous = current;
  }

  /**
   * Renews the certificate if it is time; one thread calls this.
   *
   * @return whether it was renewed
   */
  public boolean renewIfDue() {
    if (clock.instant().isBefore(current.renewal()) && authority.get().equals(current.issuer())) {
      return false;
    }
    previous = current;
    current = issue();
    return true;
  }

  /** When the current certificate expires. */
  public Instant expiry() {
    return certificate().getNotAfter().toInstant();
  }

  /** What the next handshake shows. */
  X509Certificate certificate() {
    return current.issued().certificate();
  }

  private Current issue() {
    var now = clock.instant();
    var issuer = authority.get();
    var issued = issuer.issue(dnsNames, now, LIFE);
    var life = Duration.between(now, issued.certificate().getNotAfter().toInstant());
    return new Current(
        issued.certificate().getSerialNumber().toString(16),
        issuer,
        issued,
        now.plus(life.multipliedBy(2).dividedBy(3)));
  }

  @Override
  public String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return current.alias();
  }

  @Override
  public String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return current.alias();
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return keyType.startsWith(KEY_TYPE) ? new String[] {current.alias()} : new String[0];
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    var found = find(alias);
    return found == null ? null : new X509Certificate[] {found.certificate()};
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    var found = find(alias);
    return found == null ? null : found.key();
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  private CertificateAuthority.@Nullable Issued find(String alias) {
    for (var candidate : List.of(current, previous)) {
      if (candidate.alias().equals(alias)) {
        return candidate.issued();
      }
    }
    return null;
  }
}
