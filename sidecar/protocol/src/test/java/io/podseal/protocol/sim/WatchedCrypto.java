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
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A pod's cryptography, remembering what has not been destroyed. No nonce may come twice under one
 * key, and no key may serve two SAs.
 */
final class WatchedCrypto implements CryptoProvider {
  private final CryptoProvider provider;
  private final KeyLedger ledger;
  private final List<SecretBytes> secrets = new ArrayList<>();
  private final List<byte[]> octets = new ArrayList<>();
  private final List<Bytes> prfData = new ArrayList<>();
  private boolean watching;
  private int exchanges;
  private int ciphers;

  WatchedCrypto(CryptoProvider provider, KeyLedger ledger) {
    this.provider = provider;
    this.ledger = ledger;
  }

  /** From here on secrets are counted. */
  void watch() {
    watching = true;
  }

  /** Private key exchange values that still live. */
  int liveKeyExchanges() {
    return exchanges;
  }

  int liveCiphers() {
    return ciphers;
  }

  /** Shared secrets and PRF outputs that still live. */
  long liveSecrets() {
    return secrets.stream().filter(s -> !s.isDestroyed()).count();
  }

  /** What the shared secrets and PRF outputs were, the destroyed ones too. */
  List<byte[]> seen() {
    return octets;
  }

  /** What the PRF was applied to, a call after the other. */
  List<Bytes> prfData() {
    return prfData;
  }

  private SecretBytes watched(SecretBytes secret) {
    if (watching) {
      secrets.add(secret);
      octets.add(secret.use(byte[]::clone));
    }
    return secret;
  }

  @Override
  public Prf prf(PrfAlgorithm algorithm) {
    Prf prf = provider.prf(algorithm);
    return new Prf() {
      @Override
      public PrfAlgorithm algorithm() {
        return algorithm;
      }

      @Override
      public SecretBytes apply(SecretBytes key, byte[]... data) {
        if (watching) {
          ByteWriter all = new ByteWriter();
          Arrays.stream(data).forEach(all::bytes);
          prfData.add(Bytes.copyOf(all.toArray()));
        }
        return watched(prf.apply(key, data));
      }
    };
  }

  @Override
  public Aead aead(EncryptionAlgorithm algorithm, SecretBytes key) {
    Aead aead = provider.aead(algorithm, key);
    Bytes octets = key.use(Bytes::copyOf);
    ciphers++;
    return new Aead() {
      private final Set<Bytes> nonces = new HashSet<>();
      private boolean destroyed;

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
        if (nonces.isEmpty()) {
          ledger.sealsWith(octets, "an IKE SA");
        }
        if (!nonces.add(Bytes.copyOf(nonce))) {
          throw new AssertionError("a nonce comes twice under one key");
        }
        return aead.seal(nonce, aad, aadLength, in, inOffset, inLength, out, outOffset);
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
        return aead.open(nonce, aad, aadLength, in, inOffset, inLength, out, outOffset);
      }

      @Override
      public void destroy() {
        ciphers -= destroyed ? 0 : 1;
        destroyed = true;
        aead.destroy();
      }
    };
  }

  @Override
  public Cbc cbc(EncryptionAlgorithm algorithm, SecretBytes key) {
    Cbc cbc = provider.cbc(algorithm, key);
    Bytes octets = key.use(Bytes::copyOf);
    ciphers++;
    return new Cbc() {
      private final Set<Bytes> ivs = new HashSet<>();
      private boolean destroyed;

      @Override
      public void encrypt(
          byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
        if (ivs.isEmpty()) {
          ledger.sealsWith(octets, "an IKE SA");
        }
        if (!ivs.add(Bytes.copyOf(Arrays.copyOfRange(iv, ivOffset, ivOffset + BLOCK_LENGTH)))) {
          throw new AssertionError("an IV comes twice under one key");
        }
        cbc.encrypt(iv, ivOffset, in, inOffset, length, out, outOffset);
      }

      @Override
      public void decrypt(
          byte[] iv, int ivOffset, byte[] in, int inOffset, int length, byte[] out, int outOffset) {
        cbc.decrypt(iv, ivOffset, in, inOffset, length, out, outOffset);
      }

      @Override
      public void destroy() {
        ciphers -= destroyed ? 0 : 1;
        destroyed = true;
        cbc.destroy();
      }
    };
  }

  @Override
  public Mac mac(IntegrityAlgorithm algorithm, SecretBytes key) {
    Mac mac = provider.mac(algorithm, key);
    ciphers++;
    return new Mac() {
      private boolean destroyed;

      @Override
      public IntegrityAlgorithm algorithm() {
        return algorithm;
      }

      @Override
      public void update(byte[] in, int offset, int length) {
        mac.update(in, offset, length);
      }

      @Override
      public void finish(byte[] out, int outOffset) {
        mac.finish(out, outOffset);
      }

      @Override
      public void destroy() {
        ciphers -= destroyed ? 0 : 1;
        destroyed = true;
        mac.destroy();
      }
    };
  }

  @Override
  public KeyExchange keyExchange(KeyExchangeMethod method, RandomSource random) {
    KeyExchange exchange = provider.keyExchange(method, random);
    exchanges++;
    return new KeyExchange() {
      private boolean destroyed;

      @Override
      public KeyExchangeMethod method() {
        return exchange.method();
      }

      @Override
      public byte[] publicValue() {
        return exchange.publicValue();
      }

      @Override
      public Optional<SecretBytes> sharedSecret(byte[] peerValue) {
        return exchange.sharedSecret(peerValue).map(WatchedCrypto.this::watched);
      }

      @Override
      public void destroy() {
        exchanges -= destroyed ? 0 : 1;
        destroyed = true;
        exchange.destroy();
      }
    };
  }

  @Override
  public Optional<KeyExchangeResponse> respond(
      KeyExchangeMethod method, RandomSource random, byte[] initiatorValue) {
    return provider
        .respond(method, random, initiatorValue)
        .map(r -> new KeyExchangeResponse(r.publicValue(), watched(r.sharedSecret())));
  }

  @Override
  public byte[] natDetectionHash(byte[] data) {
    return provider.natDetectionHash(data);
  }
}
