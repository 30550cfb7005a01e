package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
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
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Protected messages under AES-GCM (RFC 5282); known ones are in {@link SkCipherSuitesContract}.
 */
class SkCipherTest {
  private static final long SPI_I = 0xa1a2a3a4a5a6a7a8L;
  private static final long SPI_R = 0xb1b2b3b4b5b6b7b8L;
  private static final IkeHeader HEADER =
      new IkeHeader(SPI_I, SPI_R, ExchangeType.INFORMATIONAL, true, false, 2);

  private final JdkCryptoProvider crypto = new JdkCryptoProvider();
  private final IkeKeys keys =
      new IkeKeyDerivation(
              crypto.prf(PrfAlgorithm.HMAC_SHA2_256),
              EncryptionAlgorithm.AES_GCM_16_256,
              Optional.empty(),
              Bytes.copyOf(range(0)),
              Bytes.copyOf(range(0x20)),
              SPI_I,
              SPI_R)
          .initial(SecretBytes.adopt(range(0x40)));
  private final SkCipher initiator = cipher(true);
  private final SkCipher responder = cipher(false);

  private SkCipher cipher(boolean isInitiator) {
    IkeSuite suite =
        IkeSuite.aead(
            EncryptionAlgorithm.AES_GCM_16_256,
            PrfAlgorithm.HMAC_SHA2_256,
            KeyExchangeMethod.X25519);
    return new SkCipher(crypto, random -> {}, suite, keys, isInitiator);
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

  @Test
  void everyMessageHasAnotherIv() {
    byte[] first = initiator.seal(HEADER, List.of());
    byte[] second = initiator.seal(HEADER, List.of());
    assertThat(Arrays.copyOfRange(first, 32, 40)).isNotEqualTo(Arrays.copyOfRange(second, 32, 40));
  }

  @Test
  void aMessageOpensOnlyAtTheOtherEnd() {
    byte[] message = initiator.seal(HEADER, List.of(NotifyPayload.of(NotifyType.INITIAL_CONTACT)));
    assertThat(responder.open(datagram(message))).isPresent();
    assertThat(initiator.open(datagram(message))).isEmpty();
  }

  @Test
  void noBitMayBeChanged() {
    byte[] message = initiator.seal(HEADER, List.of(NotifyPayload.of(NotifyType.INITIAL_CONTACT)));
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

  @Test
  void paddingIsTakenOffWhateverItHolds() {
    assertThat(responder.open(datagram(sealed(new byte[] {9, 8, 7, 3})))).hasValue(new byte[0]);
    assertThat(responder.open(datagram(sealed(new byte[] {1, 9, 8, 7, 3}))))
        .hasValue(new byte[] {1});
  }

  @Test
  void extra_pad_length_beyondTheContentIsRefused() {
    assertThat(responder.open(datagram(sealed(new byte[] {1, 2, 3, 4})))).isEmpty();
    assertThat(responder.open(datagram(sealed(new byte[] {1})))).isEmpty();
    assertThat(responder.open(datagram(sealed(new byte[] {0, 0, (byte) 0xff})))).isEmpty();
  }

  @Test
  void contentTooShortForIvPadLengthAndIcvIsRefused() {
    for (int length = 0; length < 8 + 1 + Aead.TAG_LENGTH; length++) {
      byte[] prefix = MessageEncoder.encryptedPrefix(HEADER, 0, length);
      byte[] message = Arrays.copyOf(prefix, prefix.length + length);
      assertThat(responder.open(datagram(message))).as("%d octets", length).isEmpty();
    }
  }

  private byte[] sealed(byte[] plaintext) {
    return Forge.sealPlaintext(keys, HEADER, 0, plaintext);
  }

  @Test
  void natDetectionHashesAreTheKnownOnes() throws Exception {
    assertThat(
            NatDetection.hash(
                crypto, SPI_I, 0, new Endpoint(InetAddress.getByName("10.1.2.3"), 4500)))
        .isEqualTo(Bytes.ofHex("8fe8876046560bdbd2c75660b0ba7868463f9746"));
    assertThat(
            NatDetection.hash(
                crypto, SPI_I, SPI_R, new Endpoint(InetAddress.getByName("2001:db8::1"), 4500)))
        .isEqualTo(Bytes.ofHex("29fbe99c72283c12bbaa9f4014d195c52c99b23c"));
  }
}
