package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link CryptoProvider} must do; run once for each implementation. */
public abstract class CryptoProviderContract {
  private static final byte[] NOTHING = {};
  private static final int AES_GCM_16 = 20;

  protected abstract CryptoProvider provider();

  @Test
  void aesGcmPassesWycheproof() {
    String file = "aes_gcm_test.json";
    int ran = 0;
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      Optional<EncryptionAlgorithm> algorithm = aesGcm(c);
      if (algorithm.isEmpty()) {
        continue;
      }
      Aead aead = provider().aead(algorithm.get(), SecretBytes.copyOf(c.hex("key")));
      judge(c, aead);
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 100);
  }

  /** GMAC (RFC 4543) is AES-GCM over associated data alone; no SA of ours is made of it. */
  @Test
  void aesGcmWithoutPlaintextPassesTheWycheproofOfGmac() {
    String file = "aes_gmac_test.json";
    int ran = 0;
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      Optional<EncryptionAlgorithm> algorithm = aesGcm(c);
      if (algorithm.isEmpty()) {
        continue;
      }
      judge(c, provider().aead(algorithm.get(), secret(c)), c.hex("msg"), NOTHING, c.hex("tag"));
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 100);
  }

  /**
   * The first ESP case of draft-mcgrew-gcm-test-01 under GMAC, with its IV authenticated or not.
   */
  @Test
  void aesGcmWithoutPlaintextMakesTheTagOfEspWithGmac() {
    String key = "4c80cdefbb5d10da906ac73c3613a634";
    String salt = "2e443b68";
    String iv = "4956ed7e3b244cfe";
    String sequence = "000043218765432100000000";
    String packet =
        "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564"
            + "70037369700963796265726369747902646b000021000101020201";
    assertThat(gmac(key, salt + iv, sequence + iv + packet))
        .isEqualTo("5156ca512961c33fada1b5e44cef79d6");
    assertThat(gmac(key, salt + iv, sequence + packet))
        .isEqualTo("bbb60a1971da9ad596c30c179ef5608a");
  }

  private String gmac(String key, String nonce, String authenticated) {
    HexFormat hex = HexFormat.of();
    Aead aead =
        provider().aead(EncryptionAlgorithm.AES_GCM_16_128, SecretBytes.copyOf(hex.parseHex(key)));
    byte[] aad = hex.parseHex(authenticated);
    byte[] tag = new byte[Aead.TAG_LENGTH];
    aead.seal(hex.parseHex(nonce), aad, aad.length, NOTHING, 0, 0, tag, 0);
    return hex.formatHex(tag);
  }

  @Test
  void chaCha20Poly1305PassesWycheproof() {
    String file = "chacha20_poly1305_test.json";
    int ran = 0;
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      if (c.groupInt("ivSize") != 96) {
        continue;
      }
      judge(c, provider().aead(EncryptionAlgorithm.CHACHA20_POLY1305, secret(c)));
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 300);
  }

  /** RFC 7634 appendix A: the ciphertext and ICV of an ESP packet. */
  @Test
  void chaCha20Poly1305MatchesRfc7634() {
    byte[] key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    byte[] nonce = hex("a0a1a2a3" + "1011121314151617");
    byte[] aad = hex("0102030400000005");
    byte[] plaintext =
        hex(
            "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f"
                + "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
                + "01020204");
    byte[] sealed = new byte[plaintext.length + Aead.TAG_LENGTH];

    provider()
        .aead(EncryptionAlgorithm.CHACHA20_POLY1305, SecretBytes.adopt(key))
        .seal(nonce, aad, aad.length, plaintext, 0, plaintext.length, sealed, 0);

    assertThat(sealed)
        .isEqualTo(
            hex(
                "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb"
                    + "61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
                    + "9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43"));
  }

  private static SecretBytes secret(Wycheproof.Case c) {
    return SecretBytes.copyOf(c.hex("key"));
  }

  /** The algorithm of ours that a case is about, if there is one. */
  private static Optional<EncryptionAlgorithm> aesGcm(Wycheproof.Case c) {
    return Arrays.stream(EncryptionAlgorithm.values())
        .filter(a -> a.id() == AES_GCM_16 && a.keyBits() == c.groupInt("keySize"))
        .filter(a -> c.groupInt("ivSize") == 96 && c.groupInt("tagSize") == 128)
        .findFirst();
  }

  private static void judge(Wycheproof.Case c, Aead aead) {
    judge(c, aead, c.hex("aad"), c.hex("msg"), concat(c.hex("ct"), c.hex("tag")));
  }

  private static void judge(
      Wycheproof.Case c, Aead aead, byte[] aad, byte[] message, byte[] sealed) {
    byte[] opened = new byte[message.length];
    int length = aead.open(c.hex("iv"), aad, aad.length, sealed, 0, sealed.length, opened, 0);

    if (c.isInvalid()) {
      assertThat(length).as("%s", c).isEqualTo(-1);
    } else {
      assertThat(length).as("%s", c).isEqualTo(message.length);
      assertThat(opened).as("%s", c).isEqualTo(message);
      byte[] resealed = new byte[sealed.length];
      assertThat(aead.seal(c.hex("iv"), aad, aad.length, message, 0, message.length, resealed, 0))
          .as("%s", c)
          .isEqualTo(sealed.length);
      assertThat(resealed).as("%s", c).isEqualTo(sealed);
    }
  }

  @Test
  void x25519PassesWycheproof() {
    String file = "x25519_test.json";
    int ran = 0;
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      Optional<SecretBytes> shared =
          provider()
              .keyExchange(KeyExchangeMethod.X25519, fixed(c.hex("private")))
              .sharedSecret(c.hex("public"));

      if (c.hasFlag("ZeroSharedSecret")) {
        assertThat(shared).as("%s", c).isEmpty();
      } else {
        assertThat(shared).as("%s", c).contains(SecretBytes.copyOf(c.hex("shared")));
      }
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 500);
  }

  @Test
  void hmacPrfPassesWycheproof() {
    for (PrfAlgorithm algorithm : PrfAlgorithm.values()) {
      int ran = 0;
      String file = "hmac_sha" + algorithm.length() * 8 + "_test.json";
      Prf prf = provider().prf(algorithm);
      assertThat(prf.algorithm()).isEqualTo(algorithm);
      for (Wycheproof.Case c : Wycheproof.cases(file)) {
        byte[] tag = c.hex("tag");
        byte[] full = prf.apply(SecretBytes.copyOf(c.hex("key")), c.hex("msg")).use(byte[]::clone);
        boolean matches = Arrays.equals(tag, Arrays.copyOf(full, tag.length));
        assertThat(matches).as("%s %s", algorithm, c).isEqualTo(!c.isInvalid());
        ran++;
      }
      Wycheproof.ran(file, provider(), ran, 170);
    }
  }

  /** RFC 7748 §6.1: both sides of one exchange, public values and shared secret. */
  @Test
  void x25519MatchesRfc7748() {
    KeyExchange alice = x25519("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    KeyExchange bob = x25519("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");

    assertThat(alice.publicValue())
        .isEqualTo(hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    assertThat(bob.publicValue())
        .isEqualTo(hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    SecretBytes shared =
        SecretBytes.copyOf(hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
    assertThat(alice.sharedSecret(bob.publicValue())).contains(shared);
    assertThat(bob.sharedSecret(alice.publicValue())).contains(shared);
  }

  @Test
  void x25519RefusesValuesOfWrongLength() {
    KeyExchange exchange = x25519("01".repeat(32));

    for (int length : List.of(0, 1, 31, 33, 64)) {
      byte[] value = new byte[length];
      Arrays.fill(value, (byte) 9);
      assertThat(exchange.sharedSecret(value)).as("%s octets", length).isEmpty();
    }
  }

  @Test
  void x25519PrivateKeyIsUnusableOnceDestroyed() {
    KeyExchange exchange = x25519("01".repeat(32));
    byte[] peer = x25519("02".repeat(32)).publicValue();

    exchange.destroy();

    assertThatThrownBy(() -> exchange.sharedSecret(peer)).isInstanceOf(IllegalStateException.class);
  }

  /** prf+ vector of the NIST IKEv2 set: SKEYSEED = prf(Ni | Nr, g^ir). */
  @Test
  void prfMatchesNistSkeyseed() {
    SecretBytes skeyseed =
        provider()
            .prf(PrfAlgorithm.HMAC_SHA2_256)
            .apply(
                SecretBytes.copyOf(hex("ed80dc79912c32a935fb6d1a3feac078")),
                hex("42968e5d0ccc3cfc5a3e4bc1bba370cea1fae0d54c49ccba34b2bee804beeb2e"),
                hex("9e8c57a4e01bd45102cf2433aacc6cfec06792f363e5170e6aa6650274e90664"),
                hex("8e449d27a8f00b5b44261982c9835c748a751ec5138eaacc5e025661339538a6"),
                hex("1bf418e454699e19c32db8d9ce5dd86b220f1e89afc5872e68be36cb1a0c8866"));

    assertThat(skeyseed)
        .isEqualTo(
            SecretBytes.copyOf(
                hex("37fde90b81d63692620f67367b62092e3efdc6a03509137d731004767ff35010")));
  }

  @Test
  void prfTakesTheEmptyKey() {
    SecretBytes output =
        provider().prf(PrfAlgorithm.HMAC_SHA2_256).apply(SecretBytes.adopt(new byte[0]), NOTHING);

    // The well-known HMAC-SHA-256 of nothing under nothing.
    assertThat(output)
        .isEqualTo(
            SecretBytes.copyOf(
                hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")));
  }

  @Test
  void prfLeavesTheCallersKeyAlone() {
    SecretBytes key = SecretBytes.copyOf(hex("0102"));

    provider().prf(PrfAlgorithm.HMAC_SHA2_512).apply(key, NOTHING);

    assertThat(key).isEqualTo(SecretBytes.copyOf(hex("0102")));
  }

  /** NAT_DETECTION: SHA-1(SPIi | SPIr | address | port), 10.1.2.3:4500. */
  @Test
  void natDetectionHashIsSha1() {
    assertThat(provider().natDetectionHash(hex("a1a2a3a4a5a6a7a800000000000000000a0102031194")))
        .isEqualTo(hex("8fe8876046560bdbd2c75660b0ba7868463f9746"));
  }

  @ParameterizedTest
  @EnumSource(names = {"AES_GCM_16_128", "AES_GCM_16_256", "CHACHA20_POLY1305"})
  void sealingTwiceUnderOneNonceIsRefusedAsOurBug(EncryptionAlgorithm algorithm) {
    Aead aead = aead(algorithm);
    byte[] nonce = new byte[Aead.NONCE_LENGTH];
    byte[] out = new byte[64];
    aead.seal(nonce, NOTHING, 0, new byte[8], 0, 8, out, 0);

    assertThatThrownBy(() -> aead.seal(nonce, NOTHING, 0, new byte[8], 0, 8, out, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nonce");
  }

  @ParameterizedTest
  @EnumSource(names = {"AES_GCM_16_128", "AES_GCM_16_256", "CHACHA20_POLY1305"})
  void oneAeadOpensAfterAForgeryAndAfterSealing(EncryptionAlgorithm algorithm) {
    Aead aead = aead(algorithm);
    byte[] nonce = new byte[Aead.NONCE_LENGTH];
    byte[] sealed = new byte[8 + Aead.TAG_LENGTH];
    byte[] out = new byte[64];
    aead.seal(nonce, NOTHING, 0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, 0, 8, sealed, 0);
    byte[] forged = sealed.clone();
    forged[3] ^= 1;

    assertThat(aead.open(nonce, NOTHING, 0, forged, 0, forged.length, out, 0)).isEqualTo(-1);
    assertThat(aead.open(nonce, NOTHING, 0, sealed, 0, sealed.length, out, 0)).isEqualTo(8);
    assertThat(Arrays.copyOf(out, 8)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void shorterThanATagDoesNotOpen() {
    for (int length = 0; length < Aead.TAG_LENGTH; length++) {
      assertThat(
              aead()
                  .open(
                      new byte[Aead.NONCE_LENGTH],
                      NOTHING,
                      0,
                      new byte[length],
                      0,
                      length,
                      new byte[64],
                      0))
          .isEqualTo(-1);
    }
  }

  @Test
  void aeadRefusesOneArrayForInputAndOutput() {
    byte[] both = new byte[64];

    assertThatThrownBy(
            () -> aead().seal(new byte[Aead.NONCE_LENGTH], NOTHING, 0, both, 0, 8, both, 16))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aeadRefusesAKeyOfTheWrongLength() {
    assertThatThrownBy(() ->
            provider().aead(EncryptionAlgorithm.AES_GCM_16_256, SecretBytes.adopt(new byte[16])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32");
  }

  @ParameterizedTest
  @EnumSource(names = {"AES_GCM_16_128", "AES_GCM_16_256", "CHACHA20_POLY1305"})
  void aeadKeepsWorkingWhenTheCallersKeyIsDestroyedAndStopsWhenItsOwnIs(
      EncryptionAlgorithm algorithm) {
    SecretBytes key = SecretBytes.copyOf(new byte[algorithm.keyLength()]);
    Aead aead = provider().aead(algorithm, key);
    byte[] out = new byte[64];

    key.destroy();
    aead.seal(hex("000000000000000000000001"), NOTHING, 0, new byte[8], 0, 8, out, 0);
    aead.destroy();

    assertThatThrownBy(
            () -> aead.seal(hex("000000000000000000000002"), NOTHING, 0, new byte[8], 0, 8, out, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  private Aead aead() {
    return aead(EncryptionAlgorithm.AES_GCM_16_128);
  }

  private Aead aead(EncryptionAlgorithm algorithm) {
    return provider().aead(algorithm, SecretBytes.adopt(new byte[algorithm.keyLength()]));
  }

  private KeyExchange x25519(String privateValue) {
    return provider().keyExchange(KeyExchangeMethod.X25519, fixed(hex(privateValue)));
  }

  private static RandomSource fixed(byte[] octets) {
    return target -> System.arraycopy(octets, 0, target, 0, target.length);
  }

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] result = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, result, a.length, b.length);
    return result;
  }
}
