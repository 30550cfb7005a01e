package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.secret.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What AES-CBC and the integrity algorithms of every {@link CryptoProvider} must do. */
public abstract class CbcAndMacContract {
  private static final String IV = "000102030405060708090a0b0c0d0e0f";
  private static final String PLAINTEXT =
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

  protected abstract CryptoProvider provider();

  /** NIST SP 800-38A F.2.1 and F.2.2. */
  @Test
  void aesCbc128MatchesNist() {
    matches(
        EncryptionAlgorithm.AES_CBC_128,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
            + "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");
  }

  /** NIST SP 800-38A F.2.5 and F.2.6. */
  @Test
  void aesCbc256MatchesNist() {
    matches(
        EncryptionAlgorithm.AES_CBC_256,
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
            + "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
  }

  private void matches(EncryptionAlgorithm algorithm, String key, String ciphertext) {
    Cbc cbc = provider().cbc(algorithm, SecretBytes.adopt(hex(key)));
    byte[] padded = hex("ffff" + IV + PLAINTEXT);
    byte[] sealed = new byte[3 + 64];
    byte[] opened = new byte[1 + 64];

    cbc.encrypt(padded, 2, padded, 18, 64, sealed, 3);
    assertThat(Arrays.copyOfRange(sealed, 3, 67)).isEqualTo(hex(ciphertext));
    cbc.decrypt(padded, 2, sealed, 3, 64, opened, 1);
    assertThat(Arrays.copyOfRange(opened, 1, 65)).isEqualTo(hex(PLAINTEXT));
    cbc.encrypt(padded, 2, padded, 18, 16, sealed, 0);
    assertThat(Arrays.copyOf(sealed, 16)).isEqualTo(Arrays.copyOf(hex(ciphertext), 16));
  }

  /** An ESP packet of AES-256-CBC with HMAC-SHA2-256-128 that was computed independently. */
  @Test
  void cbcAndIntegrityTogetherMakeTheKnownEspPacket() {
    byte[] header = hex("c000000100000007f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    byte[] plaintext =
        hex("0035d431001000000102030405060708" + "0102030405060708090a0b0c0d0e" + "0e" + "11");
    byte[] packet = Arrays.copyOf(header, 24 + 32 + 16);
    provider()
        .cbc(EncryptionAlgorithm.AES_CBC_256, SecretBytes.adopt(range(0)))
        .encrypt(header, 8, plaintext, 0, 32, packet, 24);
    Mac mac = provider().mac(IntegrityAlgorithm.HMAC_SHA2_256_128, SecretBytes.adopt(range(32)));

    mac.update(packet, 0, 56);
    mac.finish(packet, 56);
    assertThat(packet)
        .isEqualTo(
            hex(
                "c000000100000007f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff44ec52bbbd8f00da8bae10b6ab521d5a"
                    + "dc6edf08a251daa5e68f1339e8dc5b7840687ea2395b107d1a73f30e11086c39"));
    // RFC 4303 §2.2.1: the upper half of an extended sequence number ends the message.
    mac.update(packet, 0, 56);
    mac.update(new byte[] {0, 0, 0, 1}, 0, 4);
    assertThat(mac.verify(hex("4f864d5c9a1477cf61b7967d4f89a3bc"), 0)).isTrue();
  }

  private static byte[] range(int from) {
    byte[] octets = new byte[32];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (from + i);
    }
    return octets;
  }

  @Test
  void cbcTakesWholeBlocksInTwoArraysOnly() {
    Cbc cbc = cbc();
    byte[] iv = new byte[16];
    byte[] both = new byte[64];

    for (int length : new int[] {1, 15, 17, 31}) {
      assertThatThrownBy(() -> cbc.encrypt(iv, 0, both, 0, length, new byte[64], 0))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> cbc.decrypt(iv, 0, both, 0, length, new byte[64], 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> cbc.encrypt(iv, 0, both, 0, 16, both, 32))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void cbcKeepsWorkingWhenTheCallersKeyIsDestroyedAndStopsWhenItsOwnIs() {
    SecretBytes key = SecretBytes.adopt(new byte[16]);
    Cbc cbc = provider().cbc(EncryptionAlgorithm.AES_CBC_128, key);
    byte[] out = new byte[16];

    key.destroy();
    cbc.encrypt(new byte[16], 0, new byte[16], 0, 16, out, 0);
    // FIPS 197: AES-128 of the zero block under the zero key.
    assertThat(out).isEqualTo(hex("66e94bd4ef8a2c3b884cfa59ca342b2e"));
    cbc.destroy();

    assertThatThrownBy(() -> cbc.encrypt(new byte[16], 0, new byte[16], 0, 16, out, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @EnumSource
  void eachCipherIsMadeByTheRightCallWithTheRightKeyLength(EncryptionAlgorithm algorithm) {
    SecretBytes key = SecretBytes.adopt(new byte[algorithm.keyLength()]);
    SecretBytes other = SecretBytes.adopt(new byte[algorithm.keyLength() + 1]);
    if (algorithm.isAead()) {
      provider().aead(algorithm, key).destroy();
      assertThatThrownBy(() -> provider().aead(algorithm, other))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> provider().cbc(algorithm, key))
          .isInstanceOf(IllegalArgumentException.class);
    } else {
      provider().cbc(algorithm, key).destroy();
      assertThatThrownBy(() -> provider().cbc(algorithm, other))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> provider().aead(algorithm, key))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void integrityPassesWycheproof(IntegrityAlgorithm algorithm) {
    int ran = 0;
    int keyBits = algorithm.keyLength() * 8;
    String file = "hmac_sha" + keyBits + "_test.json";
    for (Wycheproof.Case c : Wycheproof.cases(file)) {
      if (c.groupInt("keySize") != keyBits || c.groupInt("tagSize") != keyBits / 2) {
        continue;
      }
      Mac mac = provider().mac(algorithm, SecretBytes.adopt(c.hex("key")));
      byte[] message = c.hex("msg");

      mac.update(message, 0, message.length);

      assertThat(mac.verify(c.hex("tag"), 0)).as("%s", c).isEqualTo(!c.isInvalid());
      ran++;
    }
    Wycheproof.ran(file, provider(), ran, 50);
  }

  /** RFC 4868 §2.7.2.1 (AUTH256-1) and its like, with a key as long as the hash. */
  @ParameterizedTest
  @EnumSource
  void theIcvIsTheFirstHalfOfTheHmac(IntegrityAlgorithm algorithm) {
    byte[] key = new byte[algorithm.keyLength()];
    Arrays.fill(key, (byte) 0x0b);
    String expected =
        switch (algorithm) {
          case HMAC_SHA2_256_128 -> "198a607eb44bfbc69903a0f1cf2bbdc5";
          case HMAC_SHA2_384_192 -> "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973";
          case HMAC_SHA2_512_256 ->
              "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8";
        };
    byte[] out = new byte[2 + algorithm.icvLength()];
    Mac mac = provider().mac(algorithm, SecretBytes.adopt(key));

    mac.update("Hi There".getBytes(StandardCharsets.US_ASCII), 0, 8);
    mac.finish(out, 2);

    assertThat(mac.algorithm()).isEqualTo(algorithm);
    assertThat(Arrays.copyOfRange(out, 2, out.length)).isEqualTo(hex(expected));
    assertThat(out).startsWith(0, 0);
  }

  @Test
  void aMacTakesItsMessageInPiecesAndBeginsAnewAfterEachIcv() {
    Mac mac = mac();
    byte[] message = hex("000102030405060708090a0b0c0d0e0f10");
    byte[] whole = new byte[16];
    mac.update(message, 0, message.length);
    mac.finish(whole, 0);

    mac.update(message, 0, 3);
    mac.update(message, 3, 0);
    mac.update(message, 3, message.length - 3);
    assertThat(mac.verify(whole, 0)).isTrue();
    mac.update(message, 0, message.length);
    assertThat(mac.verify(whole, 0)).isTrue();
    assertThat(mac.verify(whole, 0)).as("of nothing").isFalse();
  }

  @Test
  void everyBitOfTheIcvCounts() {
    Mac mac = mac();
    byte[] icv = new byte[16];
    mac.finish(icv, 0);
    for (int bit = 0; bit < 128; bit++) {
      byte[] forged = icv.clone();
      forged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(mac.verify(forged, 0)).as("bit %d", bit).isFalse();
    }
    assertThat(mac.verify(icv, 0)).isTrue();
  }

  @Test
  void aMacKeyIsUnusableOnceDestroyed() {
    Mac mac = mac();
    mac.destroy();

    assertThatThrownBy(() -> mac.update(new byte[1], 0, 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> mac.finish(new byte[16], 0)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @EnumSource
  void aMacRefusesAKeyOfTheWrongLength(IntegrityAlgorithm algorithm) {
    assertThatThrownBy(
            () -> provider().mac(algorithm, SecretBytes.adopt(new byte[algorithm.keyLength() - 1])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private Cbc cbc() {
    return provider().cbc(EncryptionAlgorithm.AES_CBC_128, SecretBytes.adopt(new byte[16]));
  }

  private Mac mac() {
    return provider().mac(IntegrityAlgorithm.HMAC_SHA2_256_128, SecretBytes.adopt(new byte[32]));
  }

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s);
  }
}
