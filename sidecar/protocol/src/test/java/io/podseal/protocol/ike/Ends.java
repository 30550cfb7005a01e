package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.keymat.IkeKeyDerivation;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import java.util.List;
import java.util.Optional;

/** The two ends of an IKE SA that has keys and nothing else. */
record Ends(IkeKeys keys, SkCipher initiator, SkCipher responder) {
  static final long SPI_I = 0xa1a2a3a4a5a6a7a8L;
  static final long SPI_R = 0xb1b2b3b4b5b6b7b8L;
  private static final JdkCryptoProvider CRYPTO = new JdkCryptoProvider();

  static Ends gcm() {
    return of(
        IkeSuite.aead(
            EncryptionAlgorithm.AES_GCM_16_256,
            PrfAlgorithm.HMAC_SHA2_256,
            KeyExchangeMethod.X25519));
  }

  static Ends cbc() {
    return of(
        new IkeSuite(
            EncryptionAlgorithm.AES_CBC_256,
            Optional.of(IntegrityAlgorithm.HMAC_SHA2_384_192),
            PrfAlgorithm.HMAC_SHA2_256,
            KeyExchangeMethod.X25519,
            List.of()));
  }

  private static Ends of(IkeSuite suite) {
    IkeKeys keys =
        new IkeKeyDerivation(
                CRYPTO.prf(suite.prf()),
                suite.encryption(),
                suite.integrity(),
                new Gen(1).octets(32, 32),
                new Gen(2).octets(32, 32),
                SPI_I,
                SPI_R)
            .initial(SecretBytes.adopt(new byte[32]));
    return new Ends(
        keys,
        new SkCipher(CRYPTO, octets -> {}, suite, keys, true),
        new SkCipher(CRYPTO, octets -> {}, suite, keys, false));
  }
}
