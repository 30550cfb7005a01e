package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import java.util.List;
import java.util.Optional;

/** The algorithms of one ESP SA (RFC 4303). */
public record EspSuite(
    EncryptionAlgorithm encryption,
    Optional<IntegrityAlgorithm> integrity,
    boolean esn,
    Optional<KeyExchangeMethod> keyExchange,
    List<KeyExchangeMethod> additional)
    implements ChildSuite {
  public EspSuite {
    additional = List.copyOf(additional);
    if (encryption.isAead() == integrity.isPresent()) {
      throw new IllegalArgumentException(encryption + " with integrity " + integrity);
    }
  }

  /** A suite with an AEAD and no key exchange of its own. */
  public static EspSuite aead(EncryptionAlgorithm encryption, boolean esn) {
    return new EspSuite(encryption, Optional.empty(), esn, Optional.empty(), List.of());
  }

  @Override
  public SecurityProtocol protocol() {
    return SecurityProtocol.ESP;
  }

  @Override
  public int keymatLength() {
    return encryption.keymatLength() + integrity.map(IntegrityAlgorithm::keyLength).orElse(0);
  }

  @Override
  public String toString() {
    return encryption + integrity.map(i -> "/" + i).orElse("") + (esn ? " ESN" : "");
  }
}
