package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;

/**
 * The responder's half of a key exchange, finished as soon as it is made.
 *
 * @param publicValue data of the KE payload to send: a public value, or the ciphertext of a KEM
 * @param sharedSecret the owner destroys it
 */
public record KeyExchangeResponse(Bytes publicValue, SecretBytes sharedSecret) {}
