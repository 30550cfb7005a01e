package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/** One run of a key exchange, from either side. Used once, by one thread. */
public interface KeyExchange {
  KeyExchangeMethod method();

  /** The data of our KE payload. */
  byte[] publicValue();

  /**
   * The shared secret, or empty when the peer's value is not acceptable (wrong length, all-zero
   * result: RFC 7748 §6.1).
   */
  Optional<SecretBytes> sharedSecret(byte[] peerValue);

  /** Zeroes the private key as far as the implementation allows. */
  void destroy();
}
