package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import java.util.List;
import java.util.Optional;

/**
 * The algorithms of one AH SA (RFC 4302).
 *
 * @param authentication what {@link #integrity} says, which AH always has
 */
public record AhSuite(
    IntegrityAlgorithm authentication,
    boolean esn,
    Optional<KeyExchangeMethod> keyExchange,
    List<KeyExchangeMethod> additional)
    implements ChildSuite {
  public AhSuite {
    additional = List.copyOf(additional);
  }

  @Override
  public SecurityProtocol protocol() {
    return SecurityProtocol.AH;
  }

  @Override
  public Optional<IntegrityAlgorithm> integrity() {
    return Optional.of(authentication);
  }

  @Override
  public int keymatLength() {
    return authentication.keyLength();
  }

  @Override
  public String toString() {
    return "AH " + authentication + (esn ? " ESN" : "");
  }
}
