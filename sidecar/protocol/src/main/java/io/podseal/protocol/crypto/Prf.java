package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;

/** A pseudo-random function with variable key length (RFC 7296 §2.13). Not thread-safe. */
public interface Prf {
  PrfAlgorithm algorithm();

  /** prf(key, data[0] | data[1] | ...). */
  SecretBytes apply(SecretBytes key, byte[]... data);
}
