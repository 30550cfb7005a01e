package io.podseal.sidecar.jca;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Algorithm;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.CryptoProviderContract;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.SelfTest;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BouncyCastleProviderTest extends CryptoProviderContract {
  private static final long SEED = 0x706f647365616cL;

  private static final EncryptionAlgorithm[] AEADS =
      Arrays.stream(EncryptionAlgorithm.values())
          .filter(EncryptionAlgorithm::isAead)
          .toArray(EncryptionAlgorithm[]::new);

  private final CryptoProvider jdk = new JdkCryptoProvider();
  private final CryptoProvider bouncyCastle = new BouncyCastleProvider();
  private final Random random = new Random(SEED);

  @Override
  protected CryptoProvider provider() {
    return bouncyCastle;
  }

  @Test
  void everythingPassesTheSelfTest() {
    SelfTest test = new SelfTest(bouncyCastle, algorithm -> {});
    assertThat(Algorithm.all()).allMatch(test::includes);
  }

  @Test
  void prfsAgreeWithTheJdkOnRandomInput() {
    for (int i = 0; i < 300; i++) {
      PrfAlgorithm algorithm = anyOf(PrfAlgorithm.values());
      SecretBytes key = SecretBytes.adopt(octets(random.nextInt(200)));
      byte[] a = octets(random.nextInt(300));
      byte[] b = octets(random.nextInt(300));

      assertThat(bouncyCastle.prf(algorithm).apply(key, a, b))
          .as("round %s of seed %s", i, SEED)
          .isEqualTo(jdk.prf(algorithm).apply(key, a, b));
    }
  }

  @Test
  void aeadsOpenWhatTheOtherSealed() {
    for (int i = 0; i < 300; i++) {
      EncryptionAlgorithm algorithm = anyOf(AEADS);
      SecretBytes key = SecretBytes.adopt(octets(algorithm.keyLength()));
      byte[] nonce = octets(Aead.NONCE_LENGTH);
      byte[] aad = octets(random.nextInt(40));
      byte[] message = octets(random.nextInt(2000));

      byte[] byJdk = seal(jdk.aead(algorithm, key), nonce, aad, message);
      byte[] byBouncyCastle = seal(bouncyCastle.aead(algorithm, key), nonce, aad, message);
      byte[] opened = new byte[message.length];
      int length =
          bouncyCastle
              .aead(algorithm, key)
              .open(nonce, aad, aad.length, byJdk, 0, byJdk.length, opened, 0);

      assertThat(byBouncyCastle).as("round %s of seed %s", i, SEED).isEqualTo(byJdk);
      assertThat(length).isEqualTo(message.length);
      assertThat(opened).isEqualTo(message);
    }
  }

  @Test
  void keyExchangesMeetTheJdkInOneSecret() {
    for (int i = 0; i < 50; i++) {
      byte[] seed = octets(32);
      KeyExchange ours = bouncyCastle.keyExchange(KeyExchangeMethod.X25519, fixed(seed));
      KeyExchange twin = jdk.keyExchange(KeyExchangeMethod.X25519, fixed(seed));
      KeyExchange peer = jdk.keyExchange(KeyExchangeMethod.X25519, random::nextBytes);

      assertThat(ours.publicValue()).as("same seed, same bytes").isEqualTo(twin.publicValue());
      assertThat(ours.sharedSecret(peer.publicValue()))
          .isPresent()
          .isEqualTo(peer.sharedSecret(ours.publicValue()));
    }
  }

  private static byte[] seal(Aead aead, byte[] nonce, byte[] aad, byte[] message) {
    byte[] out = new byte[message.length + Aead.TAG_LENGTH];
    int length = aead.seal(nonce, aad, aad.length, message, 0, message.length, out, 0);
    return Arrays.copyOf(out, length);
  }

  private <T> T anyOf(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private byte[] octets(int length) {
    byte[] result = new byte[length];
    random.nextBytes(result);
    return result;
  }

  private static RandomSource fixed(byte[] octets) {
    return target -> System.arraycopy(octets, 0, target, 0, target.length);
  }
}
