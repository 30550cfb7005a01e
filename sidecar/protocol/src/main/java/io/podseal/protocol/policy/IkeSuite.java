package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import java.util.List;
import java.util.Optional;

/**
 * The algorithms of one IKE SA.
 *
 * @param integrity empty with an AEAD
 * @param additional key exchanges that follow in IKE_INTERMEDIATE, in this order (RFC 9370)
 */
public record IkeSuite(
    EncryptionAlgorithm encryption,
    Optional<IntegrityAlgorithm> integrity,
    PrfAlgorithm prf,
    KeyExchangeMethod keyExchange,
    List<KeyExchangeMethod> additional) {
  public IkeSuite {
    additional = List.copyOf(additional);
  }

  /** A suite with an AEAD and one key exchange. */
  public static IkeSuite aead(
      EncryptionAlgorithm encryption, PrfAlgorithm prf, KeyExchangeMethod keyExchange) {
    return new IkeSuite(encryption, Optional.empty(), prf, keyExchange, List.of());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(encryption);
    integrity.ifPresent(i -> text.append('/').append(i));
    text.append('/').append(prf).append('/').append(keyExchange);
    additional.forEach(m -> text.append('+').append(m));
    return text.toString();
  }
}
