package io.podseal.protocol.keymat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Rekeys, additional key exchanges, pre-shared post-quantum keys, resumption and IKE_INTERMEDIATE,
 * against values that were computed independently from one chain of inputs; run once for each
 * {@link CryptoProvider}.
 */
public abstract class KeymatVariantsContract {
  private static final long SPI_I = 0xa1a2a3a4a5a6a7a8L;
  private static final long SPI_R = 0xb1b2b3b4b5b6b7b8L;
  private static final Bytes NONCE_I = range(0);
  private static final Bytes NONCE_R = range(0x20);
  private static final Bytes NOTIFY = Bytes.ofHex("0000000800004001");

  protected abstract CryptoProvider provider();

  private Prf prf() {
    return provider().prf(PrfAlgorithm.HMAC_SHA2_256);
  }

  private IkeKeyDerivation gcm() {
    return derivation(EncryptionAlgorithm.AES_GCM_16_256, Optional.empty(), NONCE_I, NONCE_R);
  }

  private IkeKeys keys() {
    return gcm().initial(secret(range(0x40)));
  }

  private IkeKeyDerivation derivation(
      EncryptionAlgorithm encryption,
      Optional<IntegrityAlgorithm> integrity,
      Bytes nonceI,
      Bytes nonceR) {
    return new IkeKeyDerivation(prf(), encryption, integrity, nonceI, nonceR, SPI_I, SPI_R);
  }

  private static Bytes range(int from) {
    byte[] octets = new byte[32];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (from + i);
    }
    return Bytes.copyOf(octets);
  }

  private static SecretBytes secret(Bytes bytes) {
    return SecretBytes.adopt(bytes.toArray());
  }

  private static String hex(SecretBytes secret) {
    return secret.use(HexFormat.of()::formatHex);
  }

  private static String all(IkeKeys k) {
    return Stream.of(k.skD(), k.skAi(), k.skAr(), k.skEi(), k.skEr(), k.skPi(), k.skPr())
        .map(KeymatVariantsContract::hex)
        .reduce("", String::concat);
  }

  /** The whole prf+ stream that a SKEYSEED gives. */
  private String stream(String skeyseed, Bytes nonceI, Bytes nonceR) {
    byte[] seed = new ByteWriter().bytes(nonceI).bytes(nonceR).u64(SPI_I).u64(SPI_R).toArray();
    return hex(PrfPlus.expand(prf(), secret(Bytes.ofHex(skeyseed)), seed, 3 * 32 + 2 * 36));
  }

  @Test
  void aCipherWithoutIntegrityTakesSevenKeysFromTheStream() throws Exception {
    IkeKeys cbc =
        derivation(
                EncryptionAlgorithm.AES_CBC_256,
                Optional.of(IntegrityAlgorithm.HMAC_SHA2_256_128),
                NONCE_I,
                NONCE_R)
            .initial(secret(range(0x40)));
    byte[] octets = HexFormat.of().parseHex(all(cbc));

    assertThat(octets).hasSize(7 * 32);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets)))
        .isEqualTo("437619f8979714a283d9c2b687d63ac2784c674bf57620f3386076d3e6864967");
  }

  @Test
  void integrityKeysAreAsLongAsTheirHashAndStandBeforeTheEncryptionKeys() {
    IkeKeys cbc =
        derivation(
                EncryptionAlgorithm.AES_CBC_128,
                Optional.of(IntegrityAlgorithm.HMAC_SHA2_512_256),
                NONCE_I,
                NONCE_R)
            .initial(secret(range(0x40)));

    assertThat(
            Stream.of(cbc.skD(), cbc.skAi(), cbc.skAr(), cbc.skEi(), cbc.skEr(), cbc.skPi())
                .map(SecretBytes::length))
        .containsExactly(32, 64, 64, 16, 16, 32);
    assertThat(hex(cbc.skD())).isEqualTo(hex(keys().skD()));
    assertThat(keys().skAi().length()).as("of an AEAD").isZero();
  }

  @Test
  void aRekeyedIkeSaBeginsFromTheOldSkD() {
    IkeKeys rekeyed =
        derivation(EncryptionAlgorithm.AES_GCM_16_256, Optional.empty(), range(0x80), range(0xa0))
            .rekeyed(keys().skD(), List.of(secret(range(0xc0))));

    assertThat(all(rekeyed))
        .isEqualTo(
            stream(
                "2aaa4fd6311b3126e3bfacbb7488b23aad521338afa77c625441313a2134aa96",
                range(0x80),
                range(0xa0)));
  }

  @Test
  void aRekeyWithAdditionalKeyExchangesPutsTheirSecretsAfterTheNonces() {
    IkeKeys rekeyed =
        derivation(EncryptionAlgorithm.AES_GCM_16_256, Optional.empty(), range(0x80), range(0xa0))
            .rekeyed(keys().skD(), List.of(secret(range(0xc0)), secret(range(0xe0))));

    assertThat(all(rekeyed))
        .isEqualTo(
            stream(
                "49df22898a3d20adbf658d841be0d36a45abea31a79aeae6029f700118ae87dc",
                range(0x80),
                range(0xa0)));
  }

  @Test
  void anAdditionalKeyExchangeReplacesAllKeys() {
    IkeKeys updated = gcm().updated(keys().skD(), secret(range(0xe0)));

    assertThat(all(updated))
        .isEqualTo(
            stream(
                "4ba1ec40b065be87adbc7d2d1888618f3af8d7584052ab4ade613e4bcf20c439",
                NONCE_I,
                NONCE_R));
  }

  /** RFC 5723 §5.1: SKEYSEED = prf(SK_d(old), "Resumption" | Ni | Nr), in the form of a rekey. */
  @Test
  void aResumedIkeSaPutsAWordInThePlaceOfTheSharedSecret() {
    SecretBytes word = SecretBytes.copyOf("Resumption".getBytes(StandardCharsets.US_ASCII));

    assertThat(all(gcm().rekeyed(keys().skD(), List.of(word))))
        .isEqualTo(
            stream(
                "b6ab0cd35efc48a6961da7965da640e4620d5bf05dd7f3c8b1f451e04340dbe3",
                NONCE_I,
                NONCE_R));
  }

  @Test
  void aPostQuantumPresharedKeyChangesSkDAndSkPAndNothingElse() {
    SecretBytes ppk = SecretBytes.copyOf("podseal-ppk-0001".getBytes(StandardCharsets.US_ASCII));

    IkeKeys keys = keys();
    IkeKeys mixed = keys.withPpk(prf(), ppk);

    assertThat(hex(mixed.skD()))
        .isEqualTo("18a68d95b7b08c07680611acd51a43c87ef10e516a075b3d01aef4b56437e68e");
    assertThat(hex(mixed.skPi()))
        .isEqualTo("060908a9a9165da4c43d16595d8ac8d56e988dac957088b59df198f23cc54501");
    assertThat(hex(mixed.skPr()))
        .isEqualTo("c3d9e054202d20207a066d6973ab451b200d6dd0b9051bc3e7abcf06b7df97a9");
    assertThat(mixed.skEi()).isEqualTo(keys.skEi());
    assertThat(mixed.skEr()).isEqualTo(keys.skEr());
    keys.destroy();
    assertThat(mixed.skEi().isDestroyed()).as("a copy lives on").isFalse();
  }

  @Test
  void aChildWithAdditionalKeyExchangesAndIntegrityKeysIsCutFromOneStream() {
    ChildKeymat keymat =
        ChildKeymat.derive(
            prf(),
            keys().skD(),
            List.of(secret(range(0xc0)), secret(range(0xe0))),
            range(0x80),
            range(0xa0),
            EncryptionAlgorithm.AES_CBC_256.keymatLength()
                + IntegrityAlgorithm.HMAC_SHA2_256_128.keyLength());

    assertThat(keymat.initiatorToResponder().length()).isEqualTo(64);
    assertThat(hex(keymat.initiatorToResponder()) + hex(keymat.responderToInitiator()))
        .isEqualTo(
            "15ab05eaffc850b038b66d4eb8dbf1b363a049d044f3ad4e97579fa9eac97285"
                + "ae3b3ac69419e87f2cb45a264a5cc0c5a83a04797a42afc4d1c34040c1be2e6e"
                + "d35f18d33d38767e28913cd6de3f745d7d6d4019406d1b9c4800553e62502fed"
                + "2022393cf478b275a96d3e21270821e16c98ea36eef8c494067586075630301f");
  }

  /** IKE header and generic header of an IKE_INTERMEDIATE message with one notify inside. */
  private static byte[] authenticated(String flagsAndMessageId) {
    // As it stands on the wire under AES-GCM: 25 octets more in both lengths.
    byte[] prefix =
        HexFormat.of()
            .parseHex(
                "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b82e202b"
                    + flagsAndMessageId
                    + "00000041"
                    + "29000025");
    return IntAuth.authenticated(prefix, NOTIFY.length());
  }

  @Test
  void intAuthCoversTheMessageAsIfItWereNotEncrypted() {
    assertThat(HexFormat.of().formatHex(authenticated("0800000001")))
        .isEqualTo("a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b82e202b0800000001000000282900000c");
  }

  @Test
  void intAuthIsAChainOverTheRequestsAndOneOverTheResponses() {
    Bytes first =
        IntAuth.link(
            prf(), keys().skPi(), Bytes.EMPTY, authenticated("0800000001"), NOTIFY.toArray());
    Bytes second =
        IntAuth.link(prf(), keys().skPi(), first, authenticated("0800000002"), NOTIFY.toArray());

    assertThat(first)
        .hasToString("e97545bbf8454ebee8fdfb93c92a65f4b4d18129e495b83176c9209039a7974f");
    assertThat(second)
        .hasToString("53747b5479f5585f7f336a3dc511c25d14f309ed1d9ddb9c7ee670ea10ab08d0");
  }

  @Test
  void authEndsWithBothChainsAndTheMessageIdOfIkeAuth() {
    Bytes requests =
        IntAuth.link(
            prf(), keys().skPi(), Bytes.EMPTY, authenticated("0800000001"), NOTIFY.toArray());
    Bytes responses =
        IntAuth.link(
            prf(), keys().skPr(), Bytes.EMPTY, authenticated("2000000001"), NOTIFY.toArray());
    byte[] message =
        HexFormat.of()
            .parseHex("a1a2a3a4a5a6a7a8000000000000000028202208000000000000004000000024" + NONCE_I);
    byte[] id =
        HexFormat.of()
            .parseHex(
                "02000000"
                    + HexFormat.of()
                        .formatHex("a.podseal.test".getBytes(StandardCharsets.US_ASCII)));

    SecretBytes auth =
        PskAuth.compute(
            prf(),
            secret(range(0x60)),
            message,
            NONCE_R,
            keys().skPi(),
            id,
            IntAuth.signedOctets(requests, responses, 2));

    assertThat(hex(auth))
        .isEqualTo("78ebdec34c5a8cbe5faf481239f8c16edabb0818755b88229c991fb66e11c670");
  }

  @Test
  void aCrashDetectionTokenComesAgainFromItsSecretAndTheSpis() {
    SecretBytes secret = secret(range(0x60));

    assertThat(QcdToken.of(prf(), secret, SPI_I, SPI_R))
        .hasToString("0a84b717a96c0229465d2d1fdb99a44d1cf3a3b27864a1ab80820ca7f2ffa724");
    assertThat(QcdToken.of(prf(), secret, SPI_R, SPI_I))
        .isNotEqualTo(QcdToken.of(prf(), secret, SPI_I, SPI_R));
  }
}
