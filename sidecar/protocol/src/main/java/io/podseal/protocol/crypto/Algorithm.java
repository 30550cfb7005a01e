package io.podseal.protocol.crypto;

import java.util.List;
import java.util.stream.Stream;

/** What a proposal can name and a provider must be able to do. */
public sealed interface Algorithm
    permits EncryptionAlgorithm, IntegrityAlgorithm, PrfAlgorithm, KeyExchangeMethod {

  String name();

  /** Every algorithm there is. */
  static List<Algorithm> all() {
    return Stream.<Algorithm[]>of(
            EncryptionAlgorithm.values(),
            IntegrityAlgorithm.values(),
            PrfAlgorithm.values(),
            KeyExchangeMethod.values())
        .flatMap(Stream::of)
        .toList();
  }
}
