package io.podseal.protocol.keymat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The NIST CAVP vectors of IKEv2's key derivation, and one whole derivation from nonces to child
 * keys that was computed independently; run once for each {@link CryptoProvider}.
 */
public abstract class KeymatVectorsContract {
  private static final long SPI_I = 0xa1a2a3a4a5a6a7a8L;
  private static final long SPI_R = 0xb1b2b3b4b5b6b7b8L;
  private static final EncryptionAlgorithm GCM_256 = EncryptionAlgorithm.AES_GCM_16_256;

  protected abstract CryptoProvider provider();

  private Prf prf() {
    return provider().prf(PrfAlgorithm.HMAC_SHA2_256);
  }

  private static Bytes range(int from, int to) {
    byte[] octets = new byte[to - from + 1];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (from + i);
    }
    return Bytes.copyOf(octets);
  }

  private static SecretBytes secret(Bytes bytes) {
    return SecretBytes.adopt(bytes.toArray());
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(SecretBytes secret) {
    return secret.use(HexFormat.of()::formatHex);
  }

  private IkeKeys keys() {
    return derivation().initial(secret(range(0x40, 0x5f)));
  }

  private IkeKeyDerivation derivation() {
    return derivation(prf());
  }

  private static IkeKeyDerivation derivation(Prf prf) {
    return new IkeKeyDerivation(
        prf, GCM_256, Optional.empty(), range(0, 0x1f), range(0x20, 0x3f), SPI_I, SPI_R);
  }

  @Test
  void skeyseedAndItsExpansionAreThoseOfNist() {
    SecretBytes nonces = SecretBytes.adopt(hex("ed80dc79912c32a935fb6d1a3feac078"));
    byte[] shared =
        hex(
            "42968e5d0ccc3cfc5a3e4bc1bba370cea1fae0d54c49ccba34b2bee804beeb2e9e8c57a4e01bd451"
                + "02cf2433aacc6cfec06792f363e5170e6aa6650274e906648e449d27a8f00b5b44261982c9835c74"
                + "8a751ec5138eaacc5e025661339538a61bf418e454699e19c32db8d9ce5dd86b220f1e89afc5872e"
                + "68be36cb1a0c8866");
    SecretBytes skeyseed = prf().apply(nonces, shared);
    assertThat(hex(skeyseed))
        .isEqualTo("37fde90b81d63692620f67367b62092e3efdc6a03509137d731004767ff35010");
    SecretBytes stream =
        PrfPlus.expand(
            prf(),
            skeyseed,
            hex("ed80dc79912c32a935fb6d1a3feac07847c1858efc932ea4606fd05609624002"),
            132);
    assertThat(hex(stream))
        .startsWith("63d018a08f7a29daa7d1f92cb63f45fa39bbaf5e5f1a78139613bb891e3e6bf9")
        .endsWith("60ca72e0")
        .hasSize(264);
  }

  @Test
  void prfPlusOfARepeatedKeyIsTheKnownOne() {
    byte[] key = new byte[20];
    Arrays.fill(key, (byte) 0x0b);
    assertThat(hex(PrfPlus.expand(prf(), SecretBytes.adopt(key), hex("4869205468657265"), 32)))
        .isEqualTo("b9bdc08988b4c2b75aa93e596ac84205fa2ddde1bf7a2572067b00e14b237732");
  }

  @Test
  void prfPlusStopsAt255Blocks() {
    SecretBytes key = secret(range(0, 31));
    byte[] seed = {1};
    assertThat(PrfPlus.expand(prf(), key, seed, 255 * 32).length()).isEqualTo(255 * 32);
    org.assertj.core.api.Assertions.assertThatIllegalArgumentException()
        .isThrownBy(() -> PrfPlus.expand(prf(), key, seed, 255 * 32 + 1));
  }

  @Test
  void prfPlusOfAShortLengthIsAPrefixOfALongOne() {
    SecretBytes key = secret(range(0, 31));
    String longest = hex(PrfPlus.expand(prf(), key, hex("00ff"), 100));
    for (int length = 1; length < 100; length++) {
      assertThat(longest).startsWith(hex(PrfPlus.expand(prf(), key, hex("00ff"), length)));
    }
  }

  @Test
  void theKeysOfAnIkeSaAreCutFromOneStreamWithoutGaps() {
    IkeKeys keys = keys();
    assertThat(hex(keys.skD()))
        .isEqualTo("7a0ed918b270e2a909676b7e98b79c04760e557569c75959228320b244fbc383");
    assertThat(hex(keys.skEi()))
        .isEqualTo("bcf08133e4abaa9e08e593aef88ae9ec1c7f6339455a73cdf47f2357750adf6b1d4df97c");
    assertThat(hex(keys.skEr()))
        .isEqualTo("5b871061fedf7c3f64c832dd083e62e1c8a0f9a2ff454c41ab792de847a09030044670b3");
    assertThat(hex(keys.skPi()))
        .isEqualTo("0955f39106eb02db494e2755512fde5b570852e3acc5925c9a4bbc38dbcd20ee");
    assertThat(hex(keys.skPr()))
        .isEqualTo("2c35e964619fdc829a9cb2bac1e5ce14e4204055102921ff337a7bc9ef4cddba");
  }

  /** SKEYSEED comes first; the blocks of prf+ are the keys, which no INTEG stands between. */
  @Test
  void everyValueOnTheWayToTheKeysOfAnIkeSaIsTheKnownOne() {
    RecordingPrf recording = new RecordingPrf(prf());
    IkeKeys keys = derivation(recording).initial(secret(range(0x40, 0x5f)));

    assertThat(recording.results().getFirst())
        .isEqualTo("fb7b0d6107cf71fb87cb4f19020bd81cc0f757a8f6a81a8a62c5b6f3a2660ac5");
    assertThat(String.join("", recording.results().subList(1, recording.results().size())))
        .startsWith(
            hex(keys.skD())
                + hex(keys.skEi())
                + hex(keys.skEr())
                + hex(keys.skPi())
                + hex(keys.skPr()))
        .hasSize(6 * 64);
  }

  /** The SKEYSEED of a rekey (§2.18), and of an additional key exchange (RFC 9370 §2.2.2). */
  @Test
  void theSkeyseedsOfARekeyAndOfAnAdditionalKeyExchangeAreTheKnownOnes() {
    RecordingPrf ofRekey = new RecordingPrf(prf());
    new IkeKeyDerivation(
            ofRekey, GCM_256, Optional.empty(), range(0x80, 0x9f), range(0xa0, 0xbf), SPI_I, SPI_R)
        .rekeyed(keys().skD(), List.of(secret(range(0xc0, 0xdf))));
    RecordingPrf ofAdditional = new RecordingPrf(prf());
    derivation(ofAdditional).updated(keys().skD(), secret(range(0xe0, 0xff)));

    assertThat(ofRekey.results().getFirst())
        .isEqualTo("2aaa4fd6311b3126e3bfacbb7488b23aad521338afa77c625441313a2134aa96");
    assertThat(ofAdditional.results().getFirst())
        .isEqualTo("4ba1ec40b065be87adbc7d2d1888618f3af8d7584052ab4ade613e4bcf20c439");
  }

  /** §2.15: the two inner values of AUTH, at each end. */
  @Test
  void everyValueOnTheWayToAuthIsTheKnownOne() {
    String padded = "e3c6648d923d4913fd880b6a0760fad5225e262e5816451bd75b4c0e9e83141d";
    IkeKeys keys = keys();
    assertThat(valuesOfAuth(keys.skPi(), "a.podseal.test"))
        .startsWith("1ad4015f1a115db9c025b84ec592c1e0e5affb04654dc82552a138f4e23032d4", padded)
        .hasSize(3);
    assertThat(valuesOfAuth(keys.skPr(), "b.podseal.test"))
        .startsWith("89bb930921461f0b957afc14ae874139d78421307968bf3e2a84436ff8950e14", padded)
        .hasSize(3);
  }

  private List<String> valuesOfAuth(SecretBytes skP, String name) {
    RecordingPrf recording = new RecordingPrf(prf());
    SecretBytes psk = secret(range(0x60, 0x7f));
    PskAuth.compute(recording, psk, new byte[64], range(0x20, 0x3f), skP, id(name));
    return recording.results();
  }

  @Test
  void authCoversTheOwnMessageTheOtherNonceAndTheOwnIdentity() {
    SecretBytes psk = secret(range(0x60, 0x7f));
    byte[] message1 =
        hex("a1a2a3a4a5a6a7a8000000000000000028202208000000000000004000000024" + range(0, 0x1f));
    byte[] message2 =
        hex("a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b828202220000000000000004000000024" + range(0x20, 0x3f));
    IkeKeys keys = keys();
    assertThat(
            hex(
                PskAuth.compute(
                    prf(), psk, message1, range(0x20, 0x3f), keys.skPi(), id("a.podseal.test"))))
        .isEqualTo("eefec624b5bef66653814ad9485599947b8d25f8689e90e1f1f4196856f6e986");
    assertThat(
            hex(
                PskAuth.compute(
                    prf(), psk, message2, range(0, 0x1f), keys.skPr(), id("b.podseal.test"))))
        .isEqualTo("3b0f294a486ec8418abba4d73b3b9383bcb1408e6833c9a06ddb80964953af79");
  }

  private static byte[] id(String name) {
    return hex("02000000" + HexFormat.of().formatHex(name.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void theFirstChildTakesItsKeysFromTheNoncesOfTheIkeSa() {
    ChildKeymat keymat =
        ChildKeymat.derive(
            prf(),
            keys().skD(),
            List.of(),
            range(0, 0x1f),
            range(0x20, 0x3f),
            GCM_256.keymatLength());
    assertThat(hex(keymat.initiatorToResponder()) + hex(keymat.responderToInitiator()))
        .isEqualTo(
            "51c978f31fe42d8084ab201e066c8f77ba460f4794b49eacac0a24e8c69bc928520125caf39054052835c1"
                + "829ecce88caa71015bf122b1aef2c173e55ba8919fbefd58a7b41cbd48");
  }

  @Test
  void aChildWithItsOwnKeyExchangeMixesTheSharedSecretIn() {
    ChildKeymat keymat =
        ChildKeymat.derive(
            prf(),
            keys().skD(),
            List.of(secret(range(0xc0, 0xdf))),
            range(0x80, 0x9f),
            range(0xa0, 0xbf),
            GCM_256.keymatLength());
    assertThat(hex(keymat.initiatorToResponder()) + hex(keymat.responderToInitiator()))
        .isEqualTo(
            "2fbd47c3d94e8ecd5576d317df2f006a36bfb2737382f7ee0c54eb2a2c662d7c1b601ac5e4d0ec817ec6d0"
                + "d7b84e6888530f4101f1323da2e37d2143c91a4fe55bc660f61339ea15");
  }

  @Test
  void destroyedKeysCannotBeRead() {
    IkeKeys keys = keys();
    keys.destroy();
    for (SecretBytes key :
        List.of(keys.skD(), keys.skEi(), keys.skEr(), keys.skPi(), keys.skPr())) {
      assertThat(key.isDestroyed()).isTrue();
    }
  }
}
