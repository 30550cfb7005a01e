package io.podseal.e2e.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** Signs service account tokens with the API server's own key, so that only their claims lie. */
final class ForgedTokens {
  private final PrivateKey key;

  private ForgedTokens(PrivateKey key) {
    this.key = key;
  }

  /** Of a PKCS#8 PEM file with an RSA key. */
  static ForgedTokens signedBy(Path pem) {
    try {
      var base64 = Files.readString(pem).replaceAll("-----[^-]+-----|\\s", "");
      return new ForgedTokens(
          KeyFactory.getInstance("RSA")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns {@code genuine} with each {@code regex} of its claims replaced. */
  String alter(String genuine, String regex, String replacement) {
    var parts = genuine.split("\\.", -1);
    var claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    var altered = claims.replaceAll(regex, replacement);
    if (altered.equals(claims)) {
      throw new IllegalArgumentException(regex + " is not in " + claims);
    }
    var signed =
        parts[0]
            + "."
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(altered.getBytes(StandardCharsets.UTF_8));
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed
          + "."
          + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
