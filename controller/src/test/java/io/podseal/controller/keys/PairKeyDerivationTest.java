package io.podseal.controller.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.junit.jupiter.api.Test;

/**
 * The two vectors were computed with Python's hmac and hashlib: {@code prk = HMAC(32 zeros,
 * master)}, {@code key = HMAC(prk, info || 01)}, with {@code info} = the five fields, each packed
 * as {@code struct.pack('>H', len) + field}, the epoch as {@code struct.pack('>I', epoch)}.
 */
class PairKeyDerivationTest {
  private static final String A = "a.shop.pods.cluster.local";
  private static final String B = "b.shop.pods.cluster.local";

  @Test
  void agreesWithAnIndependentComputation() {
    assertThat(hex(derive(counting(), 1, "cluster.local", A, B)))
        .isEqualTo("a7be58c8319b3636b4e33cb7c852e812b87fd7c77e91a0f402bce124f075a531");
    assertThat(
            hex(
                derive(
                    filled(0xff),
                    70_000,
                    "example.org",
                    "0b6c.shop.pods.example.org",
                    "0b6b.data.pods.example.org")))
        .isEqualTo("8f5a0e3b5dd7635389bb6fa489d7cc36087af61c473bdb5a1608552eb895a87d");
  }

  @Test
  void agreesWithBouncyCastle() {
    var info =
        HexFormat.of()
            .parseHex(
                "000e"
                    + ascii("podseal/psk/v1")
                    + "000d"
                    + ascii("cluster.local")
                    + "000400000007"
                    + "0019"
                    + ascii(A)
                    + "0019"
                    + ascii(B));
    var hkdf = new HKDFBytesGenerator(SHA256Digest.newInstance());
    hkdf.init(new HKDFParameters(counting(), null, info));
    var expected = new byte[32];
    hkdf.generateBytes(expected, 0, expected.length);

    assertThat(derive(counting(), 7, "cluster.local", B, A)).isEqualTo(expected);
  }

  @Test
  void aCrashSecretIsOfOnePodAndAgreesWithBouncyCastle() {
    var info =
        HexFormat.of()
            .parseHex(
                "000e"
                    + ascii("podseal/qcd/v1")
                    + "000d"
                    + ascii("cluster.local")
                    + "000400000007"
                    + "0019"
                    + ascii(A));
    var hkdf = new HKDFBytesGenerator(SHA256Digest.newInstance());
    hkdf.init(new HKDFParameters(counting(), null, info));
    var expected = new byte[32];
    hkdf.generateBytes(expected, 0, expected.length);

    assertThat(crashSecret(A)).isEqualTo(expected).isNotEqualTo(crashSecret(B));
  }

  private static byte[] crashSecret(String identity) {
    try (var key = SecretOctets.adopt(counting());
        var secret =
            PairKeyDerivation.crashSecret(new MasterKey(7, key), "cluster.local", identity)) {
      return secret.use(byte[]::clone);
    }
  }

  /** There keys were passwords, to be guessed by whoever had recorded a handshake. */
  @Test
  void cve_2018_5389_everyKeyHas256BitsThatComeFromAsManyRandomOnes() {
    assertThat(derive(counting(), 1, "d", A, B)).hasSize(256 / 8);
    for (int length : new int[] {0, 1, 16, 31, 33}) {
      try (var key = SecretOctets.adopt(new byte[length])) {
        assertThatIllegalArgumentException()
            .as("%s octets", length)
            .isThrownBy(() -> new MasterKey(1, key));
      }
    }
  }

  @Test
  void bothEndsDeriveTheSameKey() {
    assertThat(derive(counting(), 3, "d", A, B)).isEqualTo(derive(counting(), 3, "d", B, A));
  }

  @Test
  void anyOtherInputGivesAnotherKey() {
    Set<String> keys = new HashSet<>();
    for (var variant :
        List.of(
            derive(counting(), 1, "d", "a", "b"),
            derive(filled(1), 1, "d", "a", "b"),
            derive(counting(), 2, "d", "a", "b"),
            derive(counting(), 1, "e", "a", "b"),
            derive(counting(), 1, "d", "a", "c"),
            derive(counting(), 1, "d", "ab", ""),
            derive(counting(), 1, "da", "", "b"))) {
      keys.add(hex(variant));
    }
    assertThat(keys).hasSize(7);
  }

  @Test
  void identitiesAreOrderedByUnsignedOctets() {
    assertThat(derive(counting(), 1, "d", "z", "\u00e9"))
        .isEqualTo(derive(counting(), 1, "d", "\u00e9", "z"));
  }

  private static byte[] derive(
      byte[] master, int epoch, String domain, String identity, String peer) {
    try (var key = new MasterKey(epoch, SecretOctets.adopt(master)).secret();
        var pair = PairKeyDerivation.derive(new MasterKey(epoch, key), domain, identity, peer)) {
      return pair.use(byte[]::clone);
    }
  }

  private static byte[] counting() {
    var octets = new byte[32];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) i;
    }
    return octets;
  }

  private static byte[] filled(int value) {
    var octets = new byte[32];
    Arrays.fill(octets, (byte) value);
    return octets;
  }

  private static String ascii(String text) {
    return hex(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  private static String hex(byte[] octets) {
    return HexFormat.of().formatHex(octets);
  }
}
