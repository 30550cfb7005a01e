package io.podseal.controller.certs;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the certificate authority is kept: the Secret {@code podseal-ca}. */
public final class AuthoritySecret {
  private static final String NAME = "podseal-ca";
  private static final String CERTIFICATE = "ca.crt";
  private static final String KEY = "ca.key";

  private final KubernetesClient client;
  private final String namespace;
  private final SecureRandom random;
  private final InstantSource clock;

  /** The Secret of {@code namespace}. */
  public AuthoritySecret(
      KubernetesClient client, String namespace, SecureRandom random, InstantSource clock) {
    this.client = client;
    this.namespace = namespace;
    this.random = random;
    this.clock = clock;
  }

  /**
   * Reads the authority, or makes it; of several replicas one wins and the others read.
   *
   * @throws AuthorityException if the Secret is unusable
   */
  public CertificateAuthority load() {
    var found = secret();
    if (found == null) {
      var created = CertificateAuthority.create(random, clock.instant());
      if (create(created)) {
        return created;
      }
      found = secret();
    }
    if (found == null) {
      throw unusable("vanishes again and again");
    }
    return read(found);
  }

  private CertificateAuthority read(Secret secret) {
    try {
      var authority =
          CertificateAuthority.read(entry(secret, CERTIFICATE), entry(secret, KEY), random);
      if (!authority.expiry().isAfter(clock.instant())) {
        throw unusable("holds a certificate that expired on " + authority.expiry());
      }
      return authority;
    } catch (GeneralSecurityException e) {
      throw unusable("cannot be read (" + e.getMessage() + ")");
    }
  }

  private String entry(Secret secret, String name) {
    var data = secret.getData() == null ? null : secret.getData().get(name);
    if (data == null) {
      throw unusable("has no entry " + name);
    }
    try {
      return new String(Base64.getDecoder().decode(data), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      throw unusable("has an entry " + name + " that is not base64");
    }
  }

  private boolean create(CertificateAuthority authority) {
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(namespace)
            .withLabels(Map.of("app.kubernetes.io/part-of", "podseal"))
            .endMetadata()
            .withType("Opaque")
            .addToData(CERTIFICATE, base64(authority.certificatePem()))
            .addToData(KEY, base64(authority.keyPem()))
            .build();
    try {
      client.secrets().inNamespace(namespace).resource(secret).create();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }

  private @Nullable Secret secret() {
    return client.secrets().inNamespace(namespace).withName(NAME).get();
  }

  private AuthorityException unusable(String what) {
    return new AuthorityException(
        "Secret "
            + namespace
            + "/"
            + NAME
            + " "
            + what
            + ": restore it from a backup, or delete it and a new authority is made (sidecars learn"
            + " it from the ConfigMap of their namespace)");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
