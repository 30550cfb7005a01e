package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What simulations rely on when they use the cheap cryptography. */
class CheapCryptoTest {
  private final CheapCrypto crypto = new CheapCrypto();
  private final Random random = new Random(1);

  private SecretBytes secret(int length) {
    byte[] b = new byte[length];
    random.nextBytes(b);
    return SecretBytes.adopt(b);
  }

  @Test
  void anyChangedBitIsRefused() {
    SecretBytes key = secret(32);
    Aead aead = crypto.aead(EncryptionAlgorithm.AES_GCM_16_256, key);
    byte[] nonce = new byte[Aead.NONCE_LENGTH];
    byte[] aad = new byte[21];
    byte[] text = new byte[37];
    random.nextBytes(text);
    byte[] sealed = new byte[text.length + Aead.TAG_LENGTH];
    aead.seal(nonce, aad, aad.length, text, 0, text.length, sealed, 0);
    assertThat(Arrays.copyOf(sealed, text.length)).isNotEqualTo(text);
    assertThat(open(aead, nonce, aad, sealed)).isEqualTo(text);
    for (byte[] part : new byte[][] {nonce, aad, sealed}) {
      for (int bit = 0; bit < part.length * 8; bit++) {
        part[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(open(aead, nonce, aad, sealed)).isNull();
        part[bit / 8] ^= (byte) (1 << bit % 8);
      }
    }
    for (int bit = 0; bit < 256; bit++) {
      byte[] other = key.use(byte[]::clone);
      other[bit / 8] ^= (byte) (1 << bit % 8);
      Aead wrong = crypto.aead(EncryptionAlgorithm.AES_GCM_16_256, SecretBytes.adopt(other));
      assertThat(open(wrong, nonce, aad, sealed)).isNull();
    }
  }

  @Test
  void anIcvDependsOnEveryBitAndNotOnTheBoundsOfItsPieces() {
    for (IntegrityAlgorithm algorithm : IntegrityAlgorithm.values()) {
      SecretBytes key = secret(algorithm.keyLength());
      Mac mac = crypto.mac(algorithm, key);
      byte[] text = new byte[29];
      byte[] icv = new byte[algorithm.icvLength()];
      mac.update(text, 0, 29);
      mac.finish(icv, 0);
      mac.update(text, 0, 10);
      mac.update(text, 10, 19);
      assertThat(mac.verify(icv, 0)).isTrue();
      for (int bit = 0; bit < text.length * 8; bit++) {
        byte[] changed = text.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        mac.update(changed, 0, changed.length);
        assertThat(mac.verify(icv, 0)).isFalse();
      }
      Mac wrong = crypto.mac(algorithm, secret(algorithm.keyLength()));
      wrong.update(text, 0, 29);
      assertThat(wrong.verify(icv, 0)).isFalse();
    }
  }

  @Test
  void aTextInBlocksComesBackUnderItsKeyAndIvAlone() {
    SecretBytes key = secret(32);
    Cbc cbc = crypto.cbc(EncryptionAlgorithm.AES_CBC_256, key);
    byte[] text = new byte[3 * Cbc.BLOCK_LENGTH];
    byte[] sealed = new byte[text.length];
    byte[] opened = new byte[text.length];
    byte[] iv = new byte[Cbc.BLOCK_LENGTH];
    random.nextBytes(text);
    cbc.encrypt(iv, 0, text, 0, text.length, sealed, 0);
    cbc.decrypt(iv, 0, sealed, 0, sealed.length, opened, 0);
    assertThat(opened).isEqualTo(text).isNotEqualTo(sealed);
    Cbc wrong = crypto.cbc(EncryptionAlgorithm.AES_CBC_256, secret(32));
    wrong.decrypt(iv, 0, sealed, 0, sealed.length, opened, 0);
    assertThat(opened).isNotEqualTo(text);
    iv[0] = 1;
    cbc.decrypt(iv, 0, sealed, 0, sealed.length, opened, 0);
    assertThat(opened).isNotEqualTo(text);
  }

  private static byte @Nullable [] open(Aead aead, byte[] nonce, byte[] aad, byte[] sealed) {
    byte[] out = new byte[sealed.length];
    int length = aead.open(nonce, aad, aad.length, sealed, 0, sealed.length, out, 0);
    return length < 0 ? null : Arrays.copyOf(out, length);
  }

  @Test
  void bothEndsOfAKeyExchangeAgreeAndNoOthers() {
    for (KeyExchangeMethod method : KeyExchangeMethod.values()) {
      KeyExchange a = crypto.keyExchange(method, random::nextBytes);
      KeyExchange c = crypto.keyExchange(method, random::nextBytes);
      KeyExchangeResponse b =
          crypto.respond(method, random::nextBytes, a.publicValue()).orElseThrow();
      byte[] value = b.publicValue().toArray();
      assertThat(a.publicValue()).hasSize(method.requestLength());
      assertThat(value).hasSize(method.responseLength());
      assertThat(b.sharedSecret().length()).isEqualTo(method.sharedSecretLength());
      assertThat(a.sharedSecret(value)).hasValue(b.sharedSecret());
      assertThat(c.sharedSecret(value)).isPresent().isNotEqualTo(a.sharedSecret(value));
    }
  }

  @Test
  void aPublicValueThatNobodyMadeIsNotAcceptable() {
    KeyExchange a = crypto.keyExchange(KeyExchangeMethod.X25519, random::nextBytes);
    byte[] value = crypto.keyExchange(KeyExchangeMethod.X25519, random::nextBytes).publicValue();
    for (int bit = 0; bit < value.length * 8; bit++) {
      byte[] changed = value.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(a.sharedSecret(changed)).isEmpty();
      assertThat(crypto.respond(KeyExchangeMethod.X25519, random::nextBytes, changed)).isEmpty();
    }
    assertThat(a.sharedSecret(new byte[32])).isEmpty();
    assertThat(a.sharedSecret(new byte[31])).isEmpty();
  }

  @Test
  void aPrfDependsOnEveryBitAndNotOnTheBoundsOfItsParts() {
    Prf prf = crypto.prf(PrfAlgorithm.HMAC_SHA2_256);
    SecretBytes key = secret(32);
    byte[] data = new byte[29];
    SecretBytes whole = prf.apply(key, data);
    assertThat(whole.length()).isEqualTo(32);
    assertThat(prf.apply(key, Arrays.copyOf(data, 10), Arrays.copyOfRange(data, 10, 29)))
        .isEqualTo(whole);
    for (int bit = 0; bit < data.length * 8; bit++) {
      byte[] changed = data.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(prf.apply(key, changed)).isNotEqualTo(whole);
    }
    assertThat(prf.apply(secret(32), data)).isNotEqualTo(whole);
    assertThat(crypto.prf(PrfAlgorithm.HMAC_SHA2_384).apply(key, data).slice(0, 32))
        .isNotEqualTo(whole);
  }
}
