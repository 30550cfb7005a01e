package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import java.util.Optional;

/**
 * The algorithms of one child SA.
 *
 * @param esn 64-bit sequence numbers
 * @param keyExchange for perfect forward secrecy; empty in IKE_AUTH (RFC 7296 §1.2)
 */
public record EspSuite(
    EncryptionAlgorithm encryption, boolean esn, Optional<KeyExchangeMethod> keyExchange) {}
