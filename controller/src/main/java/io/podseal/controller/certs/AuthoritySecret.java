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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the certificate authority is kept: the Secret {@code podseal-ca}, with the root that issues
 * and, while that changes, the next or the previous one.
 */
final class AuthoritySecret {
  /** An operator sets it, to any value, for a new root. */
  static final String RENEW = "podseal.io/renew";

  private static final String NAME = "podseal-ca";
  private static final String CERTIFICATE = "ca.crt";
  private static final String KEY = "ca.key";
  private static final String NEXT_CERTIFICATE = "next.crt";
  private static final String NEXT_KEY = "next.key";
  private static final String PREVIOUS = "previous.crt";

  private final KubernetesClient client;
  private final String namespace;
  private final SecureRandom random;
  private final InstantSource clock;

  /**
   * What the Secret holds.
   *
   * @param renewalRequested whether an operator wants a new root
   */
  record Stored(Roots roots, boolean renewalRequested, String resourceVersion) {}

  /** The Secret of {@code namespace}. */
  AuthoritySecret(
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
  Roots load() {
    var found = read();
    if (found.isEmpty()) {
      var created = Roots.steady(CertificateAuthority.create(random, clock.instant()));
      if (write(created, null)) {
        return created;
      }
      found = read();
    }
    return found.map(Stored::roots).orElseThrow(() -> unusable("vanishes again and again"));
  }

  /**
   * What the Secret holds; empty if there is none.
   *
   * @throws AuthorityException if it is unusable
   */
  Optional<Stored> read() {
    var secret = client.secrets().inNamespace(namespace).withName(NAME).get();
    if (secret == null) {
      return Optional.empty();
    }
    var current = authority(secret, CERTIFICATE, KEY);
    if (!current.expiry().isAfter(clock.instant())) {
      throw unusable("holds a certificate that expired on " + current.expiry());
    }
    var data = secret.getData();
    var annotations = secret.getMetadata().getAnnotations();
    return Optional.of(
        new Stored(
            new Roots(
                current,
                data.containsKey(NEXT_CERTIFICATE)
                    ? Optional.of(authority(secret, NEXT_CERTIFICATE, NEXT_KEY))
                    : Optional.empty(),
                data.containsKey(PREVIOUS)
                    ? Optional.of(certificate(secret, PREVIOUS))
                    : Optional.empty()),
            annotations != null && annotations.containsKey(RENEW),
            secret.getMetadata().getResourceVersion()));
  }

  /**
   * Writes {@code roots}, which answers a request for a new one.
   *
   * @param replaces what was read; null if there was no Secret
   * @return false if the Secret changed or appeared meanwhile
   */
  boolean write(Roots roots, @Nullable Stored replaces) {
    var secret = client.secrets().inNamespace(namespace).resource(build(roots, replaces));
    try {
      if (replaces == null) {
        secret.create();
      } else {
        secret.update();
      }
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }

  private CertificateAuthority authority(Secret secret, String certificate, String key) {
    try {
      return CertificateAuthority.read(entry(secret, certificate), entry(secret, key), random);
    } catch (GeneralSecurityException e) {
      throw unusable("cannot be read (" + e.getMessage() + ")");
    }
  }

  /** In our own form, so that nothing else of the entry gets into bundles. */
  private String certificate(Secret secret, String name) {
    try {
      return Pem.encode(Pem.certificate(entry(secret, name)));
    } catch (GeneralSecurityException e) {
      throw unusable("has an entry " + name + " that cannot be read (" + e.getMessage() + ")");
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

  private Secret build(Roots roots, @Nullable Stored replaces) {
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(namespace)
            .withLabels(Map.of("app.kubernetes.io/part-of", "podseal"))
            .withResourceVersion(replaces == null ? null : replaces.resourceVersion())
            .endMetadata()
            .withType("Opaque")
            .addToData(CERTIFICATE, base64(roots.current().certificatePem()))
            .addToData(KEY, base64(roots.current().keyPem()));
    roots
        .next()
        .ifPresent(next ->
            secret
                .addToData(NEXT_CERTIFICATE, base64(next.certificatePem()))
                .addToData(NEXT_KEY, base64(next.keyPem())));
    roots.previous().ifPresent(previous -> secret.addToData(PREVIOUS, base64(previous)));
    return secret.build();
  }

  private AuthorityException unusable(String what) {
    return new AuthorityException(
        "Secret "
            + namespace
            + "/"
            + NAME
            + " "
            + what
            + ": restore it from a backup, or delete it: a controller that still runs writes its own"
            + " again, else a new authority is made, which sidecars learn from the ConfigMap of their"
            + " namespace");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
