package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import java.util.List;
import java.util.Optional;

/** The algorithms of one child SA. */
public sealed interface ChildSuite permits EspSuite, AhSuite {
  SecurityProtocol protocol();

  /** Empty with an AEAD. */
  Optional<IntegrityAlgorithm> integrity();

  /** 64-bit sequence numbers. */
  boolean esn();

  /** For perfect forward secrecy; empty in IKE_AUTH (RFC 7296 §1.2). */
  Optional<KeyExchangeMethod> keyExchange();

  /** Key exchanges that follow in IKE_FOLLOWUP_KE, in this order (RFC 9370). */
  List<KeyExchangeMethod> additional();

  /** Octets of key material one direction takes: encryption key, salt, integrity key. */
  int keymatLength();
}
