package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;

/** The algorithms of one IKE SA; AEAD only, so there is no separate integrity transform. */
public record IkeSuite(
    EncryptionAlgorithm encryption, PrfAlgorithm prf, KeyExchangeMethod keyExchange) {

  @Override
  public String toString() {
    return encryption + "/" + prf + "/" + keyExchange;
  }
}
