package io.podseal.protocol.crypto;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The algorithms of a provider that gave the right answers; no other may be offered. */
public record WorkingAlgorithms(
    Set<EncryptionAlgorithm> encryption,
    Set<IntegrityAlgorithm> integrity,
    Set<PrfAlgorithm> prf,
    Set<KeyExchangeMethod> keyExchange) {

  /** Everything there is. */
  public static final WorkingAlgorithms ALL =
      new WorkingAlgorithms(
          EnumSet.allOf(EncryptionAlgorithm.class),
          EnumSet.allOf(IntegrityAlgorithm.class),
          EnumSet.allOf(PrfAlgorithm.class),
          EnumSet.allOf(KeyExchangeMethod.class));

  public WorkingAlgorithms {
    encryption = Set.copyOf(encryption);
    integrity = Set.copyOf(integrity);
    prf = Set.copyOf(prf);
    keyExchange = Set.copyOf(keyExchange);
  }

  /** The names of those that failed, in a fixed order. */
  public List<String> failed() {
    return ALL.all().filter(a -> all().noneMatch(a::equals)).map(Enum::name).sorted().toList();
  }

  private Stream<Enum<?>> all() {
    return Stream.of(encryption, integrity, prf, keyExchange).flatMap(Set::stream);
  }
}
