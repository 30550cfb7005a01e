package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.KeyExchangeMethod.Family;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the key exchanges of every {@link CryptoProvider} must do. */
public abstract class KeyExchangeContract {
  protected abstract CryptoProvider provider();

  @ParameterizedTest
  @EnumSource
  void bothHalvesMeetInOneSecretOfTheLengthThatTheMethodHas(KeyExchangeMethod method) {
    KeyExchange initiator = provider().keyExchange(method, ScriptedRandom.counting(1));
    KeyExchangeResponse responder =
        provider()
            .respond(method, ScriptedRandom.counting(101), initiator.publicValue())
            .orElseThrow();

    assertThat(initiator.method()).isEqualTo(method);
    assertThat(initiator.publicValue()).hasSize(method.requestLength());
    assertThat(responder.publicValue().length()).isEqualTo(method.responseLength());
    assertThat(responder.sharedSecret().length()).isEqualTo(method.sharedSecretLength());
    assertThat(initiator.sharedSecret(responder.publicValue().toArray()))
        .contains(responder.sharedSecret());
  }

  @ParameterizedTest
  @EnumSource
  void theSameRandomnessGivesTheSameOctetsAndOtherRandomnessOthers(KeyExchangeMethod method) {
    byte[] first = provider().keyExchange(method, ScriptedRandom.counting(1)).publicValue();
    byte[] again = provider().keyExchange(method, ScriptedRandom.counting(1)).publicValue();
    byte[] other = provider().keyExchange(method, ScriptedRandom.counting(2)).publicValue();

    assertThat(again).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
    assertThat(provider().respond(method, ScriptedRandom.counting(3), first))
        .isEqualTo(provider().respond(method, ScriptedRandom.counting(3), first))
        .isNotEqualTo(provider().respond(method, ScriptedRandom.counting(4), first));
  }

  @ParameterizedTest
  @EnumSource
  void aValueOfAnotherLengthIsRefusedByBothHalves(KeyExchangeMethod method) {
    KeyExchange initiator = provider().keyExchange(method, ScriptedRandom.counting(1));
    byte[] request = initiator.publicValue();
    byte[] response =
        provider()
            .respond(method, ScriptedRandom.counting(101), request)
            .orElseThrow()
            .publicValue()
            .toArray();

    for (int difference : List.of(-method.requestLength(), -32, -1, 1, 32)) {
      assertThat(
              provider()
                  .respond(
                      method,
                      ScriptedRandom.counting(1),
                      Arrays.copyOf(request, Math.max(0, request.length + difference))))
          .as("%+d", difference)
          .isEmpty();
      assertThat(
              initiator.sharedSecret(
                  Arrays.copyOf(response, Math.max(0, response.length + difference))))
          .as("%+d", difference)
          .isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPrivateKeyIsUnusableOnceDestroyed(KeyExchangeMethod method) {
    KeyExchange initiator = provider().keyExchange(method, ScriptedRandom.counting(1));
    byte[] response =
        provider()
            .respond(method, ScriptedRandom.counting(101), initiator.publicValue())
            .orElseThrow()
            .publicValue()
            .toArray();

    initiator.destroy();

    assertThatThrownBy(() -> initiator.sharedSecret(response))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Of the larger curves a sample, spread over the file; see the next test for the rest. */
  @ParameterizedTest
  @CsvSource({"P256,1,300", "P384,5,60", "P521,5,60"})
  void ecdhPassesWycheproof(KeyExchangeMethod method, int step, int atLeast) {
    ecdh(method, step, atLeast);
  }

  @ParameterizedTest
  @EnumSource(names = {"P384", "P521"})
  @Tag("mass")
  void ecdhPassesAllOfWycheproof(KeyExchangeMethod method) {
    ecdh(method, 1, 300);
  }

  private void ecdh(KeyExchangeMethod method, int step, int atLeast) {
    int ran = 0;
    int length = method.requestLength() / 2;
    String file = "ecdh_" + EcpCurve.of(method).name() + "_ecpoint_test.json";
    List<Wycheproof.Case> cases = Wycheproof.cases(file);
    for (int i = 0; i < cases.size(); i += step) {
      Wycheproof.Case c = cases.get(i);
      byte[] point = c.hex("public");
      boolean uncompressed = point.length == 2 * length + 1 && point[0] == 4;
      // RFC 5903 §7: x | y without the octet that tells the form; compressed points do not exist.
      byte[] data = uncompressed ? Arrays.copyOfRange(point, 1, point.length) : point;
      RandomSource random = ScriptedRandom.number(c.hex("private"), length);

      Optional<SecretBytes> shared = provider().keyExchange(method, random).sharedSecret(data);

      if (uncompressed && !c.isInvalid()) {
        assertThat(shared).as("%s", c).contains(SecretBytes.copyOf(c.hex("shared")));
      } else {
        assertThat(shared).as("%s", c).isEmpty();
      }
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, atLeast);
  }

  @ParameterizedTest
  @EnumSource(names = {"ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"})
  void mlKemDecapsulationPassesWycheproof(KeyExchangeMethod method) {
    int ran = 0;
    String file = file(method, "");
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      byte[] seed = c.hex("seed");
      if (seed.length != 64) {
        continue;
      }
      KeyExchange initiator = provider().keyExchange(method, new ScriptedRandom(seed));

      Optional<SecretBytes> shared = initiator.sharedSecret(c.hex("c"));

      if (c.isInvalid()) {
        assertThat(shared).as("%s", c).isEmpty();
      } else {
        assertThat(initiator.publicValue()).as("%s", c).isEqualTo(c.hex("ek"));
        assertThat(shared).as("%s", c).contains(SecretBytes.copyOf(c.hex("K")));
      }
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 150);
  }

  @Test
  void mlKemEncapsulationPassesWycheproof() {
    KeyExchangeMethod method = KeyExchangeMethod.ML_KEM_768;
    int ran = 0;
    String file = file(method, "_encaps");
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      Optional<KeyExchangeResponse> response =
          provider().respond(method, new ScriptedRandom(c.hex("m")), c.hex("ek"));

      if (c.isInvalid()) {
        assertThat(response).as("%s", c).isEmpty();
      } else {
        assertThat(response)
            .as("%s", c)
            .contains(
                new KeyExchangeResponse(Bytes.copyOf(c.hex("c")), SecretBytes.copyOf(c.hex("K"))));
      }
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 200);
  }

  private static String file(KeyExchangeMethod method, String kind) {
    return "mlkem_" + method.name().substring("ML_KEM_".length()) + kind + "_test.json";
  }

  /** FIPS 203 §6.3: decapsulation never fails; whoever tampered knows nothing of the result. */
  @Test
  void aCiphertextThatWasTamperedWithGivesAnotherSecret() {
    KeyExchangeMethod method = KeyExchangeMethod.ML_KEM_768;
    KeyExchange initiator = provider().keyExchange(method, ScriptedRandom.counting(1));
    KeyExchangeResponse response =
        provider()
            .respond(method, ScriptedRandom.counting(101), initiator.publicValue())
            .orElseThrow();
    byte[] changed = response.publicValue().toArray();
    changed[7] ^= 1;

    assertThat(initiator.sharedSecret(changed))
        .isPresent()
        .isNotEqualTo(Optional.of(response.sharedSecret()));
  }

  @ParameterizedTest
  @EnumSource(names = {"ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"})
  void anEncapsulationKeyBeyondTheModulusIsRefused(KeyExchangeMethod method) {
    byte[] key = provider().keyExchange(method, ScriptedRandom.counting(1)).publicValue();
    key[0] = (byte) 0xff;
    key[1] |= 0x0f;

    assertThat(provider().respond(method, ScriptedRandom.counting(1), key)).isEmpty();
  }

  /** RFC 5903 §8.1. */
  @Test
  void p256MatchesRfc5903() {
    KeyExchange i = p256("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    KeyExchange r = p256("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53");

    // KEi whole, with the header of the payload and the number of the group.
    assertThat(MessageEncoder.inner(List.of(ke(i))))
        .isEqualTo(
            hex(
                "0000004800130000"
                    + "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
                    + "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"));
    assertThat(r.publicValue())
        .isEqualTo(
            hex(
                "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                    + "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"));
    assertThat(i.sharedSecret(r.publicValue()))
        .contains(
            SecretBytes.copyOf(
                hex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de")));
  }

  private static KePayload ke(KeyExchange exchange) {
    return new KePayload(exchange.method().id(), Bytes.copyOf(exchange.publicValue()));
  }

  private KeyExchange p256(String privateValue) {
    return provider().keyExchange(KeyExchangeMethod.P256, new ScriptedRandom(hex(privateValue)));
  }

  @ParameterizedTest
  @EnumSource(names = {"P256", "P384", "P521"})
  void aPointThatIsNotOnTheCurveIsRefused(KeyExchangeMethod method) {
    byte[] point = provider().keyExchange(method, ScriptedRandom.counting(1)).publicValue();
    byte[] beside = point.clone();
    beside[beside.length - 1] ^= 1;

    for (byte[] bad : List.of(beside, new byte[point.length])) {
      assertThat(provider().respond(method, ScriptedRandom.counting(1), bad)).isEmpty();
    }
  }

  /** x + p names the same field element and would pass the equation of the curve. */
  @Test
  void aCoordinateThatIsNotReducedIsRefused() {
    KeyExchangeMethod method = KeyExchangeMethod.P521;
    EcpCurve curve = EcpCurve.of(method);
    byte[] point = provider().keyExchange(method, ScriptedRandom.counting(1)).publicValue();
    BigInteger x = new BigInteger(1, Arrays.copyOf(point, curve.length()));
    BigInteger y = new BigInteger(1, Arrays.copyOfRange(point, curve.length(), point.length));

    for (byte[] bad :
        List.of(curve.encode(x.add(curve.p()), y), curve.encode(x, y.add(curve.p())))) {
      assertThat(provider().respond(method, ScriptedRandom.counting(1), bad)).isEmpty();
    }
    assertThat(provider().respond(method, ScriptedRandom.counting(1), curve.encode(x, y)))
        .isPresent();
  }

  @ParameterizedTest
  @EnumSource(names = {"MODP_2048", "MODP_3072", "MODP_4096"})
  void modpValuesOfSmallOrderOrBeyondThePrimeAreRefused(KeyExchangeMethod method) {
    ModpGroup group = ModpGroup.of(method);
    BigInteger p = group.prime();
    for (BigInteger bad :
        List.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            p.subtract(BigInteger.ONE),
            p,
            p.add(BigInteger.TWO))) {
      assertThat(provider().respond(method, ScriptedRandom.counting(1), group.encode(bad)))
          .isEmpty();
    }
    for (BigInteger good : List.of(BigInteger.TWO, p.subtract(BigInteger.TWO))) {
      assertThat(provider().respond(method, ScriptedRandom.counting(1), group.encode(good)))
          .isPresent();
    }
  }

  /** RFC 7296 §2.14: leading zeros of g^ir are part of it. */
  @Test
  void modpValuesKeepTheirLeadingZeros() {
    ModpGroup group = ModpGroup.of(KeyExchangeMethod.MODP_2048);
    byte[] three = new byte[group.exponentLength()];
    three[three.length - 1] = 3;
    KeyExchange ours =
        provider().keyExchange(KeyExchangeMethod.MODP_2048, new ScriptedRandom(three));

    assertThat(ours.publicValue()).isEqualTo(group.encode(BigInteger.valueOf(8)));
    assertThat(ours.sharedSecret(group.encode(BigInteger.valueOf(5))))
        .contains(SecretBytes.copyOf(group.encode(BigInteger.valueOf(125))));
  }

  @Test
  void onlyMlKemIsAKem() {
    for (KeyExchangeMethod method : KeyExchangeMethod.values()) {
      assertThat(method.isKem()).isEqualTo(method.family() == Family.ML_KEM);
      assertThat(method.isModp()).isEqualTo(method.family() == Family.MODP);
    }
  }

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s);
  }
}
