package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.Cbc;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.Mac;
import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Cryptography that protects nothing and costs a microsecond, so that thousands of handshakes fit
 * into a second: everything hangs on a 64-bit mixing function. What the protocol relies on holds as
 * with real algorithms: both ends of a key exchange agree, other keys give other octets, and a
 * changed bit of key, nonce, associated data or ciphertext is refused.
 */
final class CheapCrypto implements CryptoProvider {
  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    return new Prf() {
      @Override
      public PrfAlgorithm algorithm() {
        return algorithm;
      }

      @Override
      public SecretBytes apply(SecretBytes key, byte[]... data) {
        long state = key.use(k -> Mix.hash(algorithm.id(), k, 0, k.length));
        // prf(key, a, b) is prf(key, a | b): the bounds of the parts must leave no trace.
        byte[] all = data.length == 1 ? data[0] : concatenated(data);
        return SecretBytes.adopt(
            Mix.expand(Mix.hash(state, all, 0, all.length), algorithm.length()));
      }
    };
  }

  private static byte[] concatenated(byte[][] parts) {
    byte[] all = new byte[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    return new CheapAead(key.use(k -> Mix.hash(algorithm.keymatLength(), k, 0, k.length)));
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    return new CheapExchange(method, random);
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    if (initiatorValue.length != method.requestLength()) {
      return Optional.empty();
    }
    CheapExchange ours = new CheapExchange(method, random);
    return ours.agree(initiatorValue)
        .map(secret ->
            new KeyExchangeResponse(Bytes.copyOf(ours.value(method.responseLength())), secret));
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    return new CheapCbc(key.use(k -> Mix.hash(algorithm.keymatLength(), k, 0, k.length)));
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    return new CheapMac(algorithm, key.use(k -> Mix.hash(algorithm.id(), k, 0, k.length)));
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    return Mix.expand(Mix.hash(20, data, 0, data.length), 20);
  }

  /** A stream that hangs on the IV: like CBC it hides, and like CBC it notices nothing. */
  private static final class CheapCbc implements Cbc {
    private long key;

    CheapCbc(long key) {
      this.key = key;
    }

    @Override
    public void encrypt(
        byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
      byte[] stream = Mix.expand(Mix.hash(key, iv, ivOffset, BLOCK_LENGTH), length);
      for (int i = 0; i < length; i++) {
        out[outOffset + i] = (byte) (in[inOffset + i] ^ stream[i]);
      }
    }

    @Override
    public void decrypt(
        byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
      encrypt(iv, ivOffset, in, inOffset, length, out, outOffset);
    }

    @Override
    public void destroy() {
      key = 0;
    }
  }

  private static final class CheapMac implements Mac {
    private final IntegrityAlgorithm algorithm;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private long key;

    CheapMac(IntegrityAlgorithm algorithm, long key) {
      this.algorithm = algorithm;
      this.key = key;
    }

    @Override
    public IntegrityAlgorithm algorithm() {
      return algorithm;
    }

    @Override
    public void update(byte[] in, int offset, int length) {
      message.write(in, offset, length);
    }

    @Override
    public void finish(byte[] out, int outOffset) {
      byte[] all = message.toByteArray();
      message.reset();
      byte[] icv = Mix.expand(Mix.hash(key, all, 0, all.length), algorithm.icvLength());
      System.arraycopy(icv, 0, out, outOffset, icv.length);
    }

    @Override
    public void destroy() {
      key = 0;
    }
  }

  private static final class CheapAead implements Aead {
    private long key;

    CheapAead(long key) {
      this.key = key;
    }

    @Override
    public int seal(
        byte[] nonce,
        byte[] aad,
        int aadLength,
        byte[] in,
        int inOffset,
        int inLength,
        byte[] out,
        int outOffset) {
      crypt(nonce, in, inOffset, inLength, out, outOffset);
      byte[] tag = tag(nonce, aad, aadLength, out, outOffset, inLength);
      System.arraycopy(tag, 0, out, outOffset + inLength, TAG_LENGTH);
      return inLength + TAG_LENGTH;
    }

    @Override
    public int open(
        byte[] nonce,
        byte[] aad,
        int aadLength,
        byte[] in,
        int inOffset,
        int inLength,
        byte[] out,
        int outOffset) {
      int length = inLength - TAG_LENGTH;
      if (length < 0) {
        return -1;
      }
      byte[] tag = tag(nonce, aad, aadLength, in, inOffset, length);
      int tagAt = inOffset + length;
      if (!Arrays.equals(tag, 0, TAG_LENGTH, in, tagAt, tagAt + TAG_LENGTH)) {
        return -1;
      }
      crypt(nonce, in, inOffset, length, out, outOffset);
      return length;
    }

    private void crypt(
        byte[] nonce, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
      byte[] stream = Mix.expand(Mix.hash(key, nonce, 0, NONCE_LENGTH), length);
      for (int i = 0; i < length; i++) {
        out[outOffset + i] = (byte) (in[inOffset + i] ^ stream[i]);
      }
    }

    private byte[] tag(
        byte[] nonce, byte[] aad, int aadLength, byte[] text, int offset, int length) {
      long state = Mix.hash(~key, nonce, 0, NONCE_LENGTH);
      state = Mix.hash(state, aad, 0, aadLength);
      return Mix.expand(Mix.hash(state, text, offset, length), TAG_LENGTH);
    }

    @Override
    public void destroy() {
      key = 0;
    }
  }

  /** Diffie-Hellman in the integers modulo the prime 2^61 - 1. */
  private static final class CheapExchange implements KeyExchange {
    private static final long PRIME = (1L << 61) - 1;
    private static final long GENERATOR = 37;

    private final KeyExchangeMethod method;
    private final long exponent;

    CheapExchange(KeyExchangeMethod method, RandomSource random) {
      this.method = method;
      this.exponent = Mix.word(random.bytes(8), 0) & PRIME;
    }

    @Override
    public KeyExchangeMethod method() {
      return method;
    }

    @Override
    public byte[] publicValue() {
      return value(method.requestLength());
    }

    byte[] value(int length) {
      return encoded(power(GENERATOR, exponent), length);
    }

    /** The value, and octets that follow from it: what nobody made is not acceptable. */
    private static byte[] encoded(long value, int length) {
      byte[] out = Mix.expand(value, length);
      Mix.putWord(value, out);
      return out;
    }

    @Override
    public Optional<SecretBytes> sharedSecret(byte[] responderValue) {
      return responderValue.length == method.responseLength()
          ? agree(responderValue)
          : Optional.empty();
    }

    Optional<SecretBytes> agree(byte[] peerValue) {
      long value = Mix.word(peerValue, 0);
      if (value < 2
          || value >= PRIME
          || !Arrays.equals(peerValue, encoded(value, peerValue.length))) {
        return Optional.empty();
      }
      return Optional.of(
          SecretBytes.adopt(Mix.expand(power(value, exponent), method.sharedSecretLength())));
    }

    @Override
    public void destroy() {}

    private static long power(long base, long exponent) {
      long result = 1;
      long square = base;
      for (long e = exponent; e != 0; e >>>= 1) {
        if ((e & 1) != 0) {
          result = product(result, square);
        }
        square = product(square, square);
      }
      return result;
    }

    private static long product(long a, long b) {
      long low = a * b;
      long high = Math.multiplyHigh(a, b);
      // 2^61 is 1 modulo the prime: add the upper half to the lower.
      long sum = (low & PRIME) + (low >>> 61 | high << 3);
      return sum >= PRIME ? sum - PRIME : sum;
    }
  }
}
