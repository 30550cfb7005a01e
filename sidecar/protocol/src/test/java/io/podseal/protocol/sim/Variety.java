package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.SequenceNumbers;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * What the pods of a {@link Mesh} have agreed on, which its seed picks apart from what happens to
 * them.
 *
 * @param fragmentSize largest IP datagram of a protected message
 * @param mobike whether who begins an IKE SA offers MOBIKE
 * @param tokens whether pods give each other tokens against crashes
 * @param ahead whether pods also connect without a packet, so that IKE SAs begin childless
 */
record Variety(
    Additional additional,
    PpkUse ppk,
    int fragmentSize,
    boolean mobike,
    boolean tokens,
    Groups groups,
    Tunnels tunnels,
    Sequence sequence,
    Ciphers ciphers,
    boolean ahead) {
  /** Which additional key exchange the pods ask each other for. */
  enum Additional {
    NONE,
    /** ML-KEM-768, as the default profile has it. */
    REQUIRED,
    /** Some pods can do it, some cannot. */
    SOME
  }

  /** Which ends of a pair hold a PPK, and whether they insist on it. */
  enum PpkUse {
    NONE,
    REQUIRED,
    OPTIONAL,
    /** The lower of the two insists. */
    REQUIRED_OF_ONE,
    /** Only the lower of the two has it. */
    OPTIONAL_AT_ONE
  }

  /** The methods of the first key exchange. */
  enum Groups {
    X25519,
    /** Pods prefer different ones, so that a responder asks for another than was begun with. */
    TWO,
    /** One so expensive that a responder wants a cookie first. */
    MODP,
    /** Some pods prefer the expensive one. */
    MODP_OR_X25519
  }

  /** Which child SAs are in tunnel mode. */
  enum Tunnels {
    NONE,
    ALL,
    /** Those of some pairs. */
    SOME,
    /** All, though the lower of the two would rather have transport mode. */
    REQUIRED_OF_ONE
  }

  /** How long the sequence numbers of child SAs are. */
  enum Sequence {
    BITS_64,
    BITS_32,
    /** Some pods have no longer ones, the others prefer 64 bits. */
    BITS_32_OF_SOME
  }

  /** What IKE messages and ESP packets are sealed with. */
  enum Ciphers {
    AEAD,
    /** AES-CBC with an HMAC. */
    CBC,
    /** Some pods prefer the one, some the other. */
    TWO
  }

  private static final List<AdditionalKeyExchange> OPTIONAL =
      List.of(AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768));

  private static final ChildPolicy TUNNEL = ChildPolicy.tunnel(List.of(), List.of());

  private static final ChildPolicy RATHER_TRANSPORT =
      new ChildPolicy(
          ChildPolicy.Modes.TRANSPORT_PREFERRED, SecurityProtocol.ESP, List.of(), List.of(), false);

  /** One key exchange and nothing else. */
  static Variety plain() {
    return new Variety(
        Additional.NONE,
        PpkUse.NONE,
        IkeOptions.DEFAULT.fragmentSize(),
        false,
        false,
        Groups.X25519,
        Tunnels.NONE,
        Sequence.BITS_64,
        Ciphers.AEAD,
        false);
  }

  boolean isPlain() {
    return equals(plain());
  }

  /** What {@code seed} picks: the default profile as often as all others. */
  static Variety of(long seed) {
    Random random = new Random(Mix.mix(~seed));
    Additional additional =
        random.nextBoolean()
            ? Additional.REQUIRED
            : random.nextInt(3) == 0 ? Additional.SOME : Additional.NONE;
    PpkUse ppk = firstOrAny(PpkUse.values(), random);
    int fragmentSize =
        random.nextInt(3) == 0 ? 256 + random.nextInt(512) : IkeOptions.DEFAULT.fragmentSize();
    boolean mobike = random.nextInt(3) == 0;
    boolean tokens = random.nextInt(3) == 0;
    boolean ahead = random.nextInt(3) == 0;
    boolean foreign = random.nextBoolean();
    return new Variety(
        additional,
        ppk,
        fragmentSize,
        mobike,
        tokens,
        foreign ? firstOrAny(Groups.values(), random) : Groups.X25519,
        foreign ? firstOrAny(Tunnels.values(), random) : Tunnels.NONE,
        foreign ? firstOrAny(Sequence.values(), random) : Sequence.BITS_64,
        foreign ? firstOrAny(Ciphers.values(), random) : Ciphers.AEAD,
        ahead);
  }

  /** The first as often as all others. */
  private static <T> T firstOrAny(T[] all, Random random) {
    return random.nextBoolean() ? all[0] : all[1 + random.nextInt(all.length - 1)];
  }

  /** What pod {@code number} asks of the others and accepts. */
  CryptoOffer offer(int number) {
    boolean even = number % 2 == 0;
    return CryptoOffer.CLASSIC
        .withIntegrity(
            ciphers == Ciphers.AEAD
                ? List.of()
                : List.of(
                    IntegrityAlgorithm.HMAC_SHA2_256_128, IntegrityAlgorithm.HMAC_SHA2_512_256))
        .withEncryption(
            switch (ciphers) {
              case AEAD -> CryptoOffer.CLASSIC.encryption();
              case CBC -> List.of(EncryptionAlgorithm.AES_CBC_256);
              case TWO ->
                  inOrder(
                      even, EncryptionAlgorithm.AES_GCM_16_256, EncryptionAlgorithm.AES_CBC_128);
            })
        .withAdditional(
            switch (additional) {
              case NONE -> List.of();
              case REQUIRED -> CryptoOffer.HYBRID.additional();
              case SOME -> even ? OPTIONAL : List.of();
            })
        .withKeyExchange(
            switch (groups) {
              case X25519 -> List.of(KeyExchangeMethod.X25519);
              case TWO -> inOrder(even, KeyExchangeMethod.X25519, KeyExchangeMethod.P256);
              case MODP -> List.of(KeyExchangeMethod.MODP_2048);
              case MODP_OR_X25519 ->
                  inOrder(even, KeyExchangeMethod.MODP_2048, KeyExchangeMethod.X25519);
            })
        .withSequenceNumbers(
            switch (sequence) {
              case BITS_64 -> List.of(SequenceNumbers.PARTIALLY_TRANSMITTED_64);
              case BITS_32 -> List.of(SequenceNumbers.SEQUENTIAL_32);
              case BITS_32_OF_SOME ->
                  even
                      ? List.of(
                          SequenceNumbers.PARTIALLY_TRANSMITTED_64, SequenceNumbers.SEQUENTIAL_32)
                      : List.of(SequenceNumbers.SEQUENTIAL_32);
            });
  }

  private static <T> List<T> inOrder(boolean asGiven, T first, T second) {
    return asGiven ? List.of(first, second) : List.of(second, first);
  }

  /** What child SAs pod {@code number} has with {@code other}. */
  ChildPolicy child(int number, int other) {
    return switch (tunnels) {
      case NONE -> ChildPolicy.BETWEEN_PODS;
      case ALL -> TUNNEL;
      case SOME -> (number + other) % 2 == 0 ? ChildPolicy.BETWEEN_PODS : TUNNEL;
      case REQUIRED_OF_ONE -> number < other ? RATHER_TRANSPORT : TUNNEL;
    };
  }

  IkeOptions options(int number) {
    IkeOptions options = IkeOptions.DEFAULT.withFragmentSize(fragmentSize).withMobike(mobike);
    return tokens
        ? options.withQcdSecret(SecretBytes.adopt(Mix.expand(Mix.mix(number + 1), 32)))
        : options;
  }

  /**
   * The PPK that one end of a pair has beside its pre-shared key.
   *
   * @param pair the same at both ends
   */
  Optional<Ppk> ppk(String pair, boolean lower) {
    boolean required = ppk == PpkUse.REQUIRED || (ppk == PpkUse.REQUIRED_OF_ONE && lower);
    boolean held = ppk != PpkUse.NONE && (ppk != PpkUse.OPTIONAL_AT_ONE || lower);
    byte[] id = ("ppk of " + pair).getBytes(StandardCharsets.US_ASCII);
    byte[] secret = ("PPK of " + pair).getBytes(StandardCharsets.US_ASCII);
    return held
        ? Optional.of(new Ppk(Bytes.copyOf(id), SecretBytes.copyOf(secret), required))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return "additional key exchange %s, PPK %s, fragments of %d, groups %s, tunnels %s, sequence %s, ciphers %s%s%s%s"
        .formatted(
            additional,
            ppk,
            fragmentSize,
            groups,
            tunnels,
            sequence,
            ciphers,
            mobike ? ", MOBIKE" : "",
            tokens ? ", crash tokens" : "",
            ahead ? ", connects ahead" : "");
  }
}
