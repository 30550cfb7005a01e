package io.podseal.controller.certs;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Issues serving certificates for the control plane; EC P-256 throughout (RFC 5280).
 *
 * <p>Immutable.
 */
public final class CertificateAuthority {
  private static final Duration LIFE = Duration.ofDays(3650);
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);
  private static final X500Name NAME = new X500Name("CN=Podseal control plane CA");

  /** A certificate with its private key. */
  record Issued(X509Certificate certificate, PrivateKey key) {}

  private final Issued root;
  private final SecureRandom random;

  private CertificateAuthority(Issued root, SecureRandom random) {
    this.root = root;
    this.random = random;
  }

  /** A new root of ten years. */
  static CertificateAuthority create(SecureRandom random, Instant now) {
    var keys = keyPair(random);
    var builder = builder(NAME, NAME, keys.getPublic(), random, now, now.plus(LIFE));
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
      return new CertificateAuthority(
          new Issued(sign(builder, keys.getPrivate()), keys.getPrivate()), random);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a root certificate", e);
    }
  }

  /**
   * The root that {@link #certificatePem} and {@link #keyPem} wrote.
   *
   * @throws GeneralSecurityException if it cannot be read or key and certificate do not belong
   *     together
   */
  static CertificateAuthority read(String certificatePem, String keyPem, SecureRandom random)
      throws GeneralSecurityException {
    var certificate = Pem.certificate(certificatePem);
    var key = Pem.ecKey(keyPem);
    var probe = new byte[32];
    random.nextBytes(probe);
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key);
    signer.update(probe);
    var signature = signer.sign();
    signer.initVerify(certificate.getPublicKey());
    signer.update(probe);
    if (!signer.verify(signature)) {
      throw new GeneralSecurityException("key and certificate do not belong together");
    }
    return new CertificateAuthority(new Issued(certificate, key), random);
  }

  /** The root certificate as pods are to trust it. */
  public String certificatePem() {
    return Pem.encode(root.certificate());
  }

  String keyPem() {
    return Pem.encode(root.key());
  }

  /** When the root expires. */
  public Instant expiry() {
    return root.certificate().getNotAfter().toInstant();
  }

  /** Whether it is the same root. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CertificateAuthority that
        && root.certificate().equals(that.root.certificate());
  }

  @Override
  public int hashCode() {
    return root.certificate().hashCode();
  }

  /** A new key and certificate for a server of these DNS names. */
  Issued issue(List<String> dnsNames, Instant now, Duration life) {
    var keys = keyPair(random);
    var end = now.plus(life).isBefore(expiry()) ? now.plus(life) : expiry();
    var builder =
        builder(NAME, new X500Name("CN=Podseal control plane"), keys.getPublic(), random, now, end);
    var names =
        dnsNames.stream()
            .map(name -> new GeneralName(GeneralName.dNSName, name))
            .toArray(GeneralName[]::new);
    try {
      var extensions = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          extensions.createAuthorityKeyIdentifier(root.certificate()));
      return new Issued(sign(builder, root.key()), keys.getPrivate());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot issue a certificate for " + dnsNames, e);
    }
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer,
      X500Name subject,
      PublicKey key,
      SecureRandom random,
      Instant now,
      Instant end) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        // RFC 5280 section 4.1.2.2: positive and at most 20 octets.
        new BigInteger(127, random).add(BigInteger.ONE),
        Date.from(now.minus(CLOCK_SKEW)),
        Date.from(end),
        subject,
        key);
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException {
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key);
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException("cannot sign", e);
    }
  }

  private static KeyPair keyPair(SecureRandom random) {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has P-256", e);
    }
  }
}
