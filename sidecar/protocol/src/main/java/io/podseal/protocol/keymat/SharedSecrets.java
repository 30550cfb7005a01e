package io.podseal.protocol.keymat;

import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/** The seed of a derivation from several key exchanges (RFC 9370 §2.2.4). */
final class SharedSecrets {
  private SharedSecrets() {}

  /** SK(0) | Ni | Nr | SK(1) | SK(2) | ...; the nonces alone without any. */
  static SecretBytes seed(List<SecretBytes> sharedSecrets, Bytes nonceI, Bytes nonceR) {
    int length =
        nonceI.length()
            + nonceR.length()
            + sharedSecrets.stream().mapToInt(SecretBytes::length).sum();
    byte[] seed = new byte[length];
    int at = 0;
    for (int i = 0; i < sharedSecrets.size(); i++) {
      at = put(sharedSecrets.get(i), seed, at);
      if (i == 0) {
        at = put(nonceR, seed, put(nonceI, seed, at));
      }
    }
    if (sharedSecrets.isEmpty()) {
      put(nonceR, seed, put(nonceI, seed, 0));
    }
    return SecretBytes.adopt(seed);
  }

  private static int put(SecretBytes secret, byte[] target, int at) {
    return secret.use(s -> {
      System.arraycopy(s, 0, target, at, s.length);
      return at + s.length;
    });
  }

  private static int put(Bytes octets, byte[] target, int at) {
    System.arraycopy(octets.toArray(), 0, target, at, octets.length());
    return at + octets.length();
  }
}
