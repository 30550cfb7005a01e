package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.MessageDigest;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The numbers of the groups, and how private keys are drawn in them. */
class GroupsTest {
  /** SHA-256 of the primes of RFC 3526 as they are printed there. */
  private static final Map<KeyExchangeMethod, String> PRIMES =
      Map.of(
          KeyExchangeMethod.MODP_2048,
          "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e",
          KeyExchangeMethod.MODP_3072,
          "48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c",
          KeyExchangeMethod.MODP_4096,
          "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33");

  @ParameterizedTest
  @EnumSource(names = {"MODP_2048", "MODP_3072", "MODP_4096"})
  void thePrimesAreThoseOfRfc3526(KeyExchangeMethod method) throws Exception {
    ModpGroup group = ModpGroup.of(method);
    byte[] prime = group.encode(group.prime());

    assertThat(prime).hasSize(method.requestLength());
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(prime)))
        .isEqualTo(PRIMES.get(method));
  }

  @ParameterizedTest
  @EnumSource(names = {"P256", "P384", "P521"})
  void theCurvesAreThoseOfTheJdk(KeyExchangeMethod method) throws Exception {
    EcpCurve curve = EcpCurve.of(method);
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(curve.name()));
    ECParameterSpec spec = parameters.getParameterSpec(ECParameterSpec.class);

    assertThat(curve.p()).isEqualTo(((ECFieldFp) spec.getCurve().getField()).getP());
    assertThat(curve.b()).isEqualTo(spec.getCurve().getB());
    assertThat(curve.p().subtract(BigInteger.valueOf(3))).isEqualTo(spec.getCurve().getA());
    assertThat(curve.order()).isEqualTo(spec.getOrder());
    assertThat(curve.length() * 2).isEqualTo(method.requestLength());
    assertThat(
            curve.decode(
                curve.encode(spec.getGenerator().getAffineX(), spec.getGenerator().getAffineY())))
        .isPresent();
  }

  @Test
  void candidatesOutsideTheRangeAreDrawnAgain() {
    BigInteger bound = BigInteger.valueOf(0x1234);
    byte[] script = HexFormat.of().parseHex("0000" + "1234" + "ffff" + "f233");

    // Zero, the bound itself and what lies beyond are passed over; spare bits do not count.
    SecretBytes drawn = PrivateScalar.below(bound, new ScriptedRandom(script));
    assertThat(drawn).isEqualTo(SecretBytes.copyOf(new byte[] {0x12, 0x33}));
  }

  @Test
  void aSourceThatGivesNothingUsableIsFoundOut() {
    assertThatThrownBy(() -> PrivateScalar.below(BigInteger.TWO.pow(255), target -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void exponentsAreAsLongAsTheStrengthOfTheGroupAsksFor() {
    for (KeyExchangeMethod method : PRIMES.keySet()) {
      ModpGroup group = ModpGroup.of(method);
      assertThat(group.privateExponent(ScriptedRandom.counting(1)).length())
          .isEqualTo(group.exponentLength());
    }
    // RFC 3526 §8, second estimate.
    assertThat(ModpGroup.of(KeyExchangeMethod.MODP_2048).exponentLength() * 8).isEqualTo(320);
    assertThat(ModpGroup.of(KeyExchangeMethod.MODP_3072).exponentLength() * 8).isBetween(260, 420);
    assertThat(ModpGroup.of(KeyExchangeMethod.MODP_4096).exponentLength() * 8).isEqualTo(480);
  }
}
