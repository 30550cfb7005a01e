package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Asks a provider for answers that are known, so that a library that computes wrongly is found
 * before it protects anything. Each algorithm is tested once, when it is first asked about.
 *
 * <p>Confined to one thread.
 */
public final class SelfTest implements WorkingAlgorithms {
  private final CryptoProvider provider;
  private final Consumer<Algorithm> failure;
  private final Map<Algorithm, Boolean> results = new HashMap<>();

  /**
   * @param failure learns once of each algorithm that does not work
   */
  public SelfTest(CryptoProvider provider, Consumer<Algorithm> failure) {
    this.provider = provider;
    this.failure = failure;
  }

  @Override
  public boolean includes(Algorithm algorithm) {
    return results.computeIfAbsent(algorithm, this::test);
  }

  private boolean test(Algorithm algorithm) {
    boolean works;
    try {
      works =
          switch (algorithm) {
            case EncryptionAlgorithm e -> e.isAead() ? aead(e) : cbc(e);
            case IntegrityAlgorithm i -> mac(i);
            case PrfAlgorithm p -> prf(p);
            case KeyExchangeMethod k -> keyExchange(k);
          };
    } catch (RuntimeException | LinkageError broken) {
      // Whatever it throws: an algorithm that cannot answer does not work.
      works = false;
    }
    if (!works) {
      failure.accept(algorithm);
    }
    return works;
  }

  /** Seals 16 zero octets under a zero key and nonce, opens them, and refuses a forgery. */
  private boolean aead(EncryptionAlgorithm algorithm) {
    Aead aead = provider.aead(algorithm, SecretBytes.adopt(new byte[algorithm.keyLength()]));
    byte[] nonce = new byte[Aead.NONCE_LENGTH];
    byte[] zeros = new byte[16];
    byte[] sealed = new byte[zeros.length + Aead.TAG_LENGTH];
    byte[] opened = new byte[zeros.length];
    int sealedLength = aead.seal(nonce, zeros, 0, zeros, 0, zeros.length, sealed, 0);
    byte[] forged = sealed.clone();
    forged[sealed.length - 1] ^= 1;
    Arrays.fill(opened, (byte) 1);
    boolean works =
        sealedLength == sealed.length
            && is(KnownAnswers.aead(algorithm), sealed)
            && aead.open(nonce, zeros, 0, forged, 0, forged.length, opened, 0) == -1
            && aead.open(nonce, zeros, 0, sealed, 0, sealed.length, opened, 0) == zeros.length
            && Arrays.equals(zeros, opened);
    aead.destroy();
    return works;
  }

  private boolean cbc(EncryptionAlgorithm algorithm) {
    Cbc cbc = provider.cbc(algorithm, SecretBytes.adopt(counting(algorithm.keyLength())));
    byte[] iv = counting(Cbc.BLOCK_LENGTH);
    byte[] plaintext = counting(2 * Cbc.BLOCK_LENGTH);
    byte[] sealed = new byte[plaintext.length];
    byte[] opened = new byte[plaintext.length];
    cbc.encrypt(iv, 0, plaintext, 0, plaintext.length, sealed, 0);
    cbc.decrypt(iv, 0, sealed, 0, sealed.length, opened, 0);
    cbc.destroy();
    return is(KnownAnswers.cbc(algorithm), sealed) && Arrays.equals(plaintext, opened);
  }

  private boolean mac(IntegrityAlgorithm algorithm) {
    // HMAC fills short keys with zeros, so the answer is that of RFC 4231 §4.3, cut in half.
    byte[] key = Arrays.copyOf(KnownAnswers.HMAC_KEY.clone(), algorithm.keyLength());
    Mac mac = provider.mac(algorithm, SecretBytes.adopt(key));
    byte[] message = KnownAnswers.HMAC_MESSAGE.clone();
    byte[] icv = new byte[algorithm.icvLength()];
    mac.update(message, 0, message.length);
    mac.finish(icv, 0);
    byte[] forged = icv.clone();
    forged[0] ^= 1;
    mac.update(message, 0, message.length);
    boolean acceptsTrue = mac.verify(icv, 0);
    mac.update(message, 0, message.length);
    boolean acceptsFalse = mac.verify(forged, 0);
    mac.destroy();
    return is(KnownAnswers.hmac(algorithm.keyLength()).substring(0, 2 * icv.length), icv)
        && acceptsTrue
        && !acceptsFalse;
  }

  private boolean prf(PrfAlgorithm algorithm) {
    SecretBytes output =
        provider
            .prf(algorithm)
            .apply(
                SecretBytes.copyOf(KnownAnswers.HMAC_KEY),
                Arrays.copyOf(KnownAnswers.HMAC_MESSAGE, 5),
                Arrays.copyOfRange(KnownAnswers.HMAC_MESSAGE, 5, KnownAnswers.HMAC_MESSAGE.length));
    return output.use(o -> is(KnownAnswers.hmac(algorithm.length()), o));
  }

  /** Both halves with known randomness; of request, response and secret a digest is known. */
  private boolean keyExchange(KeyExchangeMethod method) {
    KeyExchange initiator = provider.keyExchange(method, counter(1));
    byte[] request = initiator.publicValue();
    KeyExchangeResponse responder = provider.respond(method, counter(101), request).orElseThrow();
    byte[] response = responder.publicValue().toArray();
    SecretBytes shared = initiator.sharedSecret(response).orElseThrow();
    boolean works =
        shared.equals(responder.sharedSecret())
            && shared.use(s -> is(KnownAnswers.keyExchange(method), digest(request, response, s)));
    initiator.destroy();
    shared.destroy();
    responder.sharedSecret().destroy();
    return works;
  }

  private static RandomSource counter(int first) {
    int[] next = {first};
    return target -> {
      for (int i = 0; i < target.length; i++) {
        target[i] = (byte) next[0]++;
      }
    };
  }

  private static byte[] counting(int length) {
    byte[] octets = new byte[length];
    for (int i = 0; i < length; i++) {
      octets[i] = (byte) i;
    }
    return octets;
  }

  private static byte[] digest(byte[]... parts) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        sha256.update(part);
      }
      return sha256.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  private static boolean is(String expected, byte[] octets) {
    return HexFormat.of().formatHex(octets).equals(expected);
  }
}
