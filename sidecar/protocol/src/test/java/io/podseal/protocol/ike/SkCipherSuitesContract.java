package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.ScriptedRandom;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.keymat.IkeKeyDerivation;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Encrypted payloads under every suite: RFC 7634 appendix B, AES-GCM, and AES-CBC with HMAC; run
 * once for each {@link CryptoProvider}.
 */
public abstract class SkCipherSuitesContract {
  private static final long SPI_I = 0xa1a2a3a4a5a6a7a8L;
  private static final long SPI_R = 0xb1b2b3b4b5b6b7b8L;
  private static final IkeHeader HEADER =
      new IkeHeader(SPI_I, SPI_R, ExchangeType.INFORMATIONAL, true, false, 2);
  private static final IkeSuite GCM_256 =
      IkeSuite.aead(
          EncryptionAlgorithm.AES_GCM_16_256, PrfAlgorithm.HMAC_SHA2_256, KeyExchangeMethod.X25519);
  private static final IkeSuite CBC_SHA_256 =
      suite(EncryptionAlgorithm.AES_CBC_256, IntegrityAlgorithm.HMAC_SHA2_256_128);

  /** RFC 7634 appendix B: a responder's message with N(SET_WINDOW_SIZE = 10). */
  private static final byte[] MESSAGE_OF_RFC_7634 =
      hex(
          "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"
              + "10111213141516176103"
              + "94701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2");

  private static final byte[] KEY_OF_RFC_7634 =
      hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  private static final byte[] SALT_OF_RFC_7634 = hex("a0a1a2a3");
  private static final byte[] NOTIFY_OF_RFC_7634 = hex("0000000c00004001" + "0000000a");

  /** Checks the others, and they check it. */
  private final CryptoProvider jdk = new JdkCryptoProvider();

  protected abstract CryptoProvider provider();

  private static IkeSuite suite(EncryptionAlgorithm encryption, IntegrityAlgorithm integrity) {
    return new IkeSuite(
        encryption,
        Optional.of(integrity),
        PrfAlgorithm.HMAC_SHA2_256,
        KeyExchangeMethod.X25519,
        List.of());
  }

  static Stream<IkeSuite> suites() {
    return Stream.concat(
        Arrays.stream(EncryptionAlgorithm.values())
            .filter(EncryptionAlgorithm::isAead)
            .map(e -> IkeSuite.aead(e, PrfAlgorithm.HMAC_SHA2_256, KeyExchangeMethod.X25519)),
        Arrays.stream(IntegrityAlgorithm.values())
            .flatMap(i ->
                Stream.of(
                    suite(EncryptionAlgorithm.AES_CBC_128, i),
                    suite(EncryptionAlgorithm.AES_CBC_256, i))));
  }

  private static IkeKeys keys(CryptoProvider crypto, IkeSuite suite) {
    return new IkeKeyDerivation(
            crypto.prf(suite.prf()),
            suite.encryption(),
            suite.integrity(),
            Bytes.copyOf(range(0)),
            Bytes.copyOf(range(0x20)),
            SPI_I,
            SPI_R)
        .initial(SecretBytes.adopt(range(0x40)));
  }

  private SkCipher cipher(IkeSuite suite, RandomSource random, boolean initiator) {
    return cipher(provider(), suite, random, initiator);
  }

  private static SkCipher cipher(
      CryptoProvider crypto, IkeSuite suite, RandomSource random, boolean initiator) {
    return new SkCipher(crypto, random, suite, keys(crypto, suite), initiator);
  }

  private static byte[] range(int from) {
    byte[] octets = new byte[32];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (from + i);
    }
    return octets;
  }

  private static Datagram datagram(byte[] message) {
    return Forge.value(MessageDecoder.decode(message));
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void anEmptyInformationalRequestUnderAesGcmIsTheKnownOctets() {
    byte[] message = cipher(GCM_256, r -> {}, true).seal(HEADER, List.of());

    assertThat(HexFormat.of().formatHex(message))
        .isEqualTo(
            "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b82e20250800000002000000390000001d0000000000000001"
                + "780e13b4c355eaf3c952b4664b47ed4bbf");
    assertThat(cipher(GCM_256, r -> {}, false).open(datagram(message))).hasValue(new byte[0]);
  }

  @Test
  void anEmptyInformationalRequestUnderAesCbcIsTheKnownOctets() {
    byte[] iv = Arrays.copyOf(range(0), 16);

    byte[] message = cipher(CBC_SHA_256, new ScriptedRandom(iv), true).seal(HEADER, List.of());

    // The padding of the known message is zeros and its length, as ours.
    assertThat(HexFormat.of().formatHex(message))
        .isEqualTo(
            "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b82e202508000000020000005000000034000102030405060708090a0b"
                + "0c0d0e0f5f88183ff166414190c02ae7cdf00f06c5d95ca607f3b73304b1dc3ad1183397");
    assertThat(cipher(CBC_SHA_256, r -> {}, false).open(datagram(message))).hasValue(new byte[0]);
  }

  @Test
  void theMessageOfRfc7634OpensToItsNotify() {
    IkeSuite suite =
        IkeSuite.aead(
            EncryptionAlgorithm.CHACHA20_POLY1305,
            PrfAlgorithm.HMAC_SHA2_256,
            KeyExchangeMethod.X25519);
    byte[] keyAndSalt = Arrays.copyOf(KEY_OF_RFC_7634, 36);
    System.arraycopy(SALT_OF_RFC_7634, 0, keyAndSalt, 32, 4);
    SecretBytes none = SecretBytes.adopt(new byte[0]);
    SecretBytes other = SecretBytes.adopt(new byte[36]);
    IkeKeys keys = new IkeKeys(none, none, none, other, SecretBytes.adopt(keyAndSalt), none, none);

    Optional<byte[]> inner =
        new SkCipher(provider(), r -> {}, suite, keys, true).open(datagram(MESSAGE_OF_RFC_7634));

    assertThat(inner).hasValue(NOTIFY_OF_RFC_7634);
  }

  /** Its IV is not our counter: sealed here as {@link AeadProtection} does under that IV. */
  @Test
  void sealingTheNotifyOfRfc7634MakesItsMessage() {
    IkeHeader header =
        new IkeHeader(
            0xc0c1c2c3c4c5c6c7L, 0xd0d1d2d3d4d5d6d7L, ExchangeType.INFORMATIONAL, false, false, 9);
    byte[] iv = hex("1011121314151617");
    byte[] plaintext = Arrays.copyOf(NOTIFY_OF_RFC_7634, NOTIFY_OF_RFC_7634.length + 1);
    byte[] prefix =
        MessageEncoder.encryptedPrefix(
            header, PayloadType.NOTIFY, iv.length + plaintext.length + Aead.TAG_LENGTH);
    byte[] nonce = Arrays.copyOf(SALT_OF_RFC_7634, Aead.NONCE_LENGTH);
    System.arraycopy(iv, 0, nonce, 4, iv.length);
    byte[] message =
        Arrays.copyOf(prefix, prefix.length + iv.length + plaintext.length + Aead.TAG_LENGTH);
    System.arraycopy(iv, 0, message, prefix.length, iv.length);

    provider()
        .aead(EncryptionAlgorithm.CHACHA20_POLY1305, SecretBytes.copyOf(KEY_OF_RFC_7634))
        .seal(
            nonce,
            prefix,
            prefix.length,
            plaintext,
            0,
            plaintext.length,
            message,
            prefix.length + iv.length);

    assertThat(message).isEqualTo(MESSAGE_OF_RFC_7634);
  }

  /** The keys, too, come from the PRF of either. */
  @ParameterizedTest
  @MethodSource("suites")
  void messagesAreOctetForOctetThoseOfTheJdkAndOpenAtIt(IkeSuite suite) {
    SkCipher ours = cipher(provider(), suite, ScriptedRandom.counting(1), true);
    SkCipher theirs = cipher(jdk, suite, ScriptedRandom.counting(1), true);
    SkCipher oursAtTheOtherEnd = cipher(provider(), suite, r -> {}, false);
    SkCipher theirsAtTheOtherEnd = cipher(jdk, suite, r -> {}, false);
    for (int length = 0; length < 70; length++) {
      NotifyPayload notify = NotifyPayload.of(16000, Bytes.copyOf(new byte[length]));
      byte[] inner = MessageEncoder.inner(List.of(notify));

      byte[] message = ours.seal(HEADER, List.of(notify));

      assertThat(message).isEqualTo(theirs.seal(HEADER, List.of(notify)));
      assertThat(oursAtTheOtherEnd.open(datagram(message))).hasValue(inner);
      assertThat(theirsAtTheOtherEnd.open(datagram(message))).hasValue(inner);
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void everySuiteOpensAtTheOtherEndWhatItSealed(IkeSuite suite) {
    SkCipher initiator = cipher(suite, ScriptedRandom.counting(1), true);
    SkCipher responder = cipher(suite, ScriptedRandom.counting(2), false);
    for (int length = 0; length < 70; length++) {
      NotifyPayload notify = NotifyPayload.of(16000, Bytes.copyOf(new byte[length]));
      byte[] message = initiator.seal(HEADER, List.of(notify));

      assertThat(message.length - 32)
          .as("%d octets of data", length)
          .isEqualTo(initiator.contentLength(8 + length));
      assertThat(responder.open(datagram(message)))
          .as("%d octets of data", length)
          .hasValue(MessageEncoder.inner(List.of(notify)));
      assertThat(initiator.open(datagram(message))).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("suites")
  void noBitMayBeChangedUnderAnySuite(IkeSuite suite) {
    byte[] message =
        cipher(suite, ScriptedRandom.counting(1), true)
            .seal(HEADER, List.of(NotifyPayload.of(16000)));
    SkCipher responder = cipher(suite, r -> {}, false);
    assertThat(responder.open(datagram(message))).isPresent();
    int opened = 0;
    for (int bit = 0; bit < message.length * 8; bit++) {
      byte[] changed = message.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      if (MessageDecoder.decode(changed) instanceof Decoded.Ok<Datagram> ok
          && ok.value().encrypted().isPresent()) {
        assertThat(responder.open(ok.value())).as("bit %d", bit).isEmpty();
        opened++;
      }
    }
    assertThat(opened).isGreaterThan(message.length * 4);
  }

  @ParameterizedTest
  @MethodSource("suites")
  void contentTooShortForAnySuiteIsRefused(IkeSuite suite) {
    SkCipher responder = cipher(suite, r -> {}, false);
    for (int length = 0; length < responder.contentLength(0); length++) {
      byte[] prefix = MessageEncoder.encryptedPrefix(HEADER, 0, length);
      byte[] message = Arrays.copyOf(prefix, prefix.length + length);
      assertThat(responder.open(datagram(message))).as("%d octets", length).isEmpty();
    }
  }

  @Test
  void theIvOfEveryCbcMessageComesFromTheRandomness() {
    byte[] ivs = hex("00112233445566778899aabbccddeeff0123456789abcdef0011223344556677");
    SkCipher initiator = cipher(CBC_SHA_256, new ScriptedRandom(ivs), true);

    byte[] first = initiator.seal(HEADER, List.of());
    byte[] second = initiator.seal(HEADER, List.of());

    assertThat(Arrays.copyOfRange(first, 32, 48)).isEqualTo(Arrays.copyOf(ivs, 16));
    assertThat(Arrays.copyOfRange(second, 32, 48)).isEqualTo(Arrays.copyOfRange(ivs, 16, 32));
  }

  @Test
  void anyPaddingThatFitsIsTakenOffAndAnyThatDoesNotIsRefused() {
    byte[] content = new byte[48];
    for (int padding = 0; padding < 256; padding++) {
      content[47] = (byte) padding;
      Optional<byte[]> inner =
          cipher(CBC_SHA_256, r -> {}, false).open(datagram(sealedBlocks(content)));
      if (padding <= 47) {
        assertThat(inner).as("padding %d", padding).hasValue(new byte[47 - padding]);
      } else {
        assertThat(inner).as("padding %d", padding).isEmpty();
      }
    }
  }

  /** A message of the initiator around whole blocks of any content. */
  private byte[] sealedBlocks(byte[] blocks) {
    IkeKeys keys = keys(provider(), CBC_SHA_256);
    byte[] prefix = MessageEncoder.encryptedPrefix(HEADER, 0, 16 + blocks.length + 16);
    byte[] message = Arrays.copyOf(prefix, prefix.length + 16 + blocks.length + 16);
    provider()
        .cbc(EncryptionAlgorithm.AES_CBC_256, keys.skEi())
        .encrypt(new byte[16], 0, blocks, 0, blocks.length, message, prefix.length + 16);
    Mac mac = provider().mac(IntegrityAlgorithm.HMAC_SHA2_256_128, keys.skAi());
    mac.update(message, 0, message.length - 16);
    mac.finish(message, message.length - 16);
    return message;
  }

  @Test
  void aForgeryIsNotEvenDecrypted() {
    int[] decryptions = {0};
    CryptoProvider watched =
        wrap(
            CryptoProvider.class,
            provider(),
            (name, result) ->
                result instanceof Cbc cbc
                    ? wrap(
                        Cbc.class,
                        cbc,
                        (call, nothing) -> {
                          decryptions[0] += call.equals("decrypt") ? 1 : 0;
                          return nothing;
                        })
                    : result);
    SkCipher responder =
        new SkCipher(watched, r -> {}, CBC_SHA_256, keys(provider(), CBC_SHA_256), false);
    byte[] message = cipher(CBC_SHA_256, ScriptedRandom.counting(1), true).seal(HEADER, List.of());
    byte[] forged = message.clone();
    forged[50] ^= 1;

    assertThat(responder.open(datagram(forged))).isEmpty();
    assertThat(decryptions[0]).isZero();
    assertThat(responder.open(datagram(message))).isPresent();
    assertThat(decryptions[0]).isEqualTo(1);
  }

  private interface Afterwards {
    Object result(String method, Object result);
  }

  private static <T> T wrap(Class<T> port, T behind, Afterwards afterwards) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, args) ->
                afterwards.result(method.getName(), method.invoke(behind, args))));
  }

  /** A fragment's header is longer than that of an Encrypted payload (RFC 7383 §2.5). */
  @ParameterizedTest
  @MethodSource("suites")
  void whatStandsBeforeTheContentIsAuthenticatedHoweverLongItIs(IkeSuite suite) {
    SkCipher initiator = cipher(suite, ScriptedRandom.counting(1), true);
    SkCipher responder = cipher(suite, r -> {}, false);
    byte[] prefix = range(0x70);
    byte[] longer = Arrays.copyOf(prefix, 36);
    byte[] inner = {1, 2, 3};

    byte[] message = initiator.seal(longer, inner);
    assertThat(responder.open(message, 36)).hasValue(inner);
    message[34] ^= 1;
    assertThat(responder.open(message, 36)).isEmpty();
  }
}
