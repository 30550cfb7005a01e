package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/** The initiator's half of a key exchange. Used once, by one thread. */
public interface KeyExchange {
  KeyExchangeMethod method();

  /** The data of our KE payload: a public value, or the encapsulation key of a KEM. */
  byte[] publicValue();

  /**
   * The shared secret, or empty when the responder's value is not acceptable: wrong length, not a
   * member of the group, all-zero result (RFC 6989 §2, RFC 7748 §6.1).
   *
   * <p>A KEM refuses only a ciphertext of the wrong length; one that was tampered with gives
   * another secret (FIPS 203 §6.3), and the next ICV does not verify.
   */
  Optional<SecretBytes> sharedSecret(byte[] responderValue);

  /** Zeroes the private key as far as the implementation allows. */
  void destroy();
}
