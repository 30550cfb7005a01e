package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes and reads protected messages with the keys of an IKE SA under AES-256-GCM, or as {@link
 * CbcForge} says.
 */
public final class Forge {
  private static final EncryptionAlgorithm GCM = EncryptionAlgorithm.AES_GCM_16_256;
  private static final JdkCryptoProvider CRYPTO = new JdkCryptoProvider();
  private static final IkeSuite SUITE =
      IkeSuite.aead(GCM, PrfAlgorithm.HMAC_SHA2_256, KeyExchangeMethod.X25519);

  /** Test classes run side by side. */
  private static final AtomicLong NEXT_IV = new AtomicLong(1L << 40);

  /** A payload type that nobody has defined. */
  private static final int UNKNOWN = 201;

  private Forge() {}

  /** A message of the end that the I flag of {@code header} names. */
  public static byte[] seal(IkeKeys keys, IkeHeader header, List<? extends Payload> payloads) {
    byte[] inner = MessageEncoder.inner(payloads);
    return sealPlaintext(
        keys, header, MessageEncoder.firstType(payloads), Arrays.copyOf(inner, inner.length + 1));
  }

  /** A message that begins with a payload of an unknown type, with its critical bit set or not. */
  public static byte[] sealAfterUnknown(
      IkeKeys keys, IkeHeader header, boolean critical, List<? extends Payload> payloads) {
    byte[] inner = MessageEncoder.inner(payloads);
    byte[] unknown = {
      (byte) MessageEncoder.firstType(payloads), (byte) (critical ? 0x80 : 0), 0, 5, 42
    };
    byte[] plaintext = Arrays.copyOf(unknown, unknown.length + inner.length + 1);
    System.arraycopy(inner, 0, plaintext, unknown.length, inner.length);
    return sealPlaintext(keys, header, UNKNOWN, plaintext);
  }

  /**
   * A message around any content.
   *
   * @param plaintext ends with the pad length
   */
  public static byte[] sealPlaintext(
      IkeKeys keys, IkeHeader header, int firstInner, byte[] plaintext) {
    int length = contentLength(keys, plaintext);
    return sealAfter(
        keys, header, MessageEncoder.encryptedPrefix(header, firstInner, length), plaintext);
  }

  /**
   * One fragment of a message, with any numbers.
   *
   * @param content what it holds of the payloads
   */
  public static byte[] sealFragment(
      IkeKeys keys, IkeHeader header, int firstInner, int number, int total, byte[] content) {
    byte[] plaintext = Arrays.copyOf(content, content.length + 1);
    int length = contentLength(keys, plaintext);
    byte[] prefix =
        MessageEncoder.fragmentPrefix(
            header, firstInner, new Datagram.Fragment(number, total), length);
    return sealAfter(keys, header, prefix, plaintext);
  }

  private static int contentLength(IkeKeys keys, byte[] plaintext) {
    return CbcForge.isFor(keys)
        ? CbcForge.contentLength(plaintext.length)
        : 8 + plaintext.length + Aead.TAG_LENGTH;
  }

  /** A message split into {@code total} fragments of about one size. */
  public static List<byte[]> sealFragments(
      IkeKeys keys, IkeHeader header, List<? extends Payload> payloads, int total) {
    byte[] inner = MessageEncoder.inner(payloads);
    List<byte[]> fragments = new ArrayList<>();
    for (int i = 0; i < total; i++) {
      byte[] part =
          Arrays.copyOfRange(inner, inner.length * i / total, inner.length * (i + 1) / total);
      fragments.add(
          sealFragment(keys, header, MessageEncoder.firstType(payloads), i + 1, total, part));
    }
    return fragments;
  }

  /** A message after any clear part, which is authenticated with it. */
  public static byte[] sealAfter(IkeKeys keys, IkeHeader header, byte[] prefix, byte[] plaintext) {
    if (CbcForge.isFor(keys)) {
      return CbcForge.seal(keys, header, prefix, plaintext);
    }
    SecretBytes keyAndSalt = header.fromOriginalInitiator() ? keys.skEi() : keys.skEr();
    long iv = NEXT_IV.getAndIncrement();
    ByteWriter nonce = new ByteWriter();
    keyAndSalt.slice(GCM.keyLength(), GCM.keymatLength()).use(nonce::bytes);
    nonce.u64(iv);
    byte[] sealed = new byte[plaintext.length + Aead.TAG_LENGTH];
    CRYPTO
        .aead(GCM, keyAndSalt.slice(0, GCM.keyLength()))
        .seal(nonce.toArray(), prefix, prefix.length, plaintext, 0, plaintext.length, sealed, 0);
    return new ByteWriter().bytes(prefix).u64(iv).bytes(sealed).toArray();
  }

  /** The content of a message that one of the two ends sent. */
  public static IkeMessage open(IkeKeys keys, byte[] message) {
    return open(CRYPTO, keys, message);
  }

  /** The content of a message of ends that use {@code crypto}. */
  public static IkeMessage open(CryptoProvider crypto, IkeKeys keys, byte[] message) {
    Datagram datagram = value(MessageDecoder.decode(message));
    IkeSuite suite = CbcForge.isFor(keys) ? CbcForge.SUITE : SUITE;
    boolean readerIsInitiator = !datagram.header().fromOriginalInitiator();
    byte[] inner =
        new SkCipher(crypto, random -> {}, suite, keys, readerIsInitiator)
            .open(datagram)
            .orElseThrow(() -> new AssertionError("ICV of " + datagram.header()));
    return value(MessageDecoder.decodeInner(datagram, inner));
  }

  /** The value of what must be well formed. */
  public static <T> T value(Decoded<T> decoded) {
    return switch (decoded) {
      case Decoded.Ok<T> ok -> ok.value();
      case Decoded.Malformed<T> bad -> throw new AssertionError(bad.reason() + " " + bad.detail());
    };
  }
}
