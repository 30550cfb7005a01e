package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * What the pods of a {@link Mesh} have agreed on, which its seed picks apart from what happens to
 * them: key exchanges, PPK, fragment sizes, MOBIKE, tokens against crashes.
 */
final class Variety {
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

  private static final CryptoOffer OPTIONAL =
      CryptoOffer.CLASSIC.withAdditional(
          List.of(AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768)));

  private final Additional additional;
  private final PpkUse ppk;
  private final int fragmentSize;
  private final boolean mobike;
  private final boolean tokens;

  private Variety(
      Additional additional, PpkUse ppk, int fragmentSize, boolean mobike, boolean tokens) {
    this.additional = additional;
    this.ppk = ppk;
    this.fragmentSize = fragmentSize;
    this.mobike = mobike;
    this.tokens = tokens;
  }

  /** One key exchange and nothing else. */
  static Variety plain() {
    return new Variety(
        Additional.NONE, PpkUse.NONE, IkeOptions.DEFAULT.fragmentSize(), false, false);
  }

  boolean isPlain() {
    return additional == Additional.NONE
        && ppk == PpkUse.NONE
        && options(0).equals(IkeOptions.DEFAULT);
  }

  /** What {@code seed} picks: the default profile as often as all others. */
  static Variety of(long seed) {
    Random random = new Random(Mix.mix(~seed));
    Additional additional =
        random.nextBoolean()
            ? Additional.REQUIRED
            : random.nextInt(3) == 0 ? Additional.SOME : Additional.NONE;
    PpkUse ppk =
        random.nextBoolean()
            ? PpkUse.NONE
            : PpkUse.values()[1 + random.nextInt(PpkUse.values().length - 1)];
    int fragmentSize =
        random.nextInt(3) == 0 ? 256 + random.nextInt(512) : IkeOptions.DEFAULT.fragmentSize();
    return new Variety(
        additional, ppk, fragmentSize, random.nextInt(3) == 0, random.nextInt(3) == 0);
  }

  /** What pod {@code number} asks of the others and accepts. */
  CryptoOffer offer(int number) {
    return switch (additional) {
      case NONE -> CryptoOffer.CLASSIC;
      case REQUIRED -> CryptoOffer.HYBRID;
      case SOME -> number % 2 == 0 ? OPTIONAL : CryptoOffer.CLASSIC;
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
    return "additional key exchange %s, PPK %s, fragments of %d%s%s"
        .formatted(
            additional,
            ppk,
            fragmentSize,
            mobike ? ", MOBIKE" : "",
            tokens ? ", crash tokens" : "");
  }
}
