package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.IkeSuite;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Seals and opens Encrypted payloads, whole or fragments, with the keys of one IKE SA (RFC 7296
 * §3.14, RFC 5282, RFC 7383 §2.5).
 *
 * <pre>
 * prefix: header, generic header | content: IV, ciphertext of (payloads | padding | pad length), ICV
 * </pre>
 */
final class SkCipher {
  private final SkProtection sealing;
  private final SkProtection opening;
  private boolean destroyed;

  SkCipher(
      CryptoProvider crypto, RandomSource random, IkeSuite suite, IkeKeys keys, boolean initiator) {
    SkProtection fromInitiator = protection(crypto, random, suite, keys, true);
    SkProtection fromResponder = protection(crypto, random, suite, keys, false);
    sealing = initiator ? fromInitiator : fromResponder;
    opening = initiator ? fromResponder : fromInitiator;
  }

  private static SkProtection protection(
      CryptoProvider crypto, RandomSource random, IkeSuite suite, IkeKeys keys, boolean initiator) {
    return suite.integrity().isPresent()
        ? new CbcProtection(
            crypto,
            random,
            suite.encryption(),
            suite.integrity().get(),
            initiator ? keys.skEi() : keys.skEr(),
            initiator ? keys.skAi() : keys.skAr())
        : new AeadProtection(crypto, suite.encryption(), initiator ? keys.skEi() : keys.skEr());
  }

  byte[] seal(IkeHeader header, List<? extends Payload> payloads) {
    byte[] inner = MessageEncoder.inner(payloads);
    byte[] prefix =
        MessageEncoder.encryptedPrefix(
            header, MessageEncoder.firstType(payloads), contentLength(inner.length));
    byte[] message = seal(prefix, inner);
    Arrays.fill(inner, (byte) 0);
    return message;
  }

  /** One fragment of a message: {@code length} octets of its payloads. */
  byte[] sealFragment(
      IkeHeader header,
      int firstInner,
      Datagram.Fragment fragment,
      byte[] inner,
      int offset,
      int length) {
    byte[] part = Arrays.copyOfRange(inner, offset, offset + length);
    byte[] message =
        seal(
            MessageEncoder.fragmentPrefix(header, firstInner, fragment, contentLength(length)),
            part);
    Arrays.fill(part, (byte) 0);
    return message;
  }

  /** The most octets of payloads that fit into so much content. */
  int innerLength(int contentLength) {
    int length = contentLength - contentLength(0);
    // A cipher that pads to blocks may have room for some more.
    while (contentLength(length + 1) <= contentLength) {
      length++;
    }
    return length;
  }

  boolean isDestroyed() {
    return destroyed;
  }

  /** Octets of content around {@code innerLength} octets of payloads. */
  int contentLength(int innerLength) {
    return sealing.contentLength(innerLength);
  }

  /**
   * A whole message.
   *
   * @param prefix everything before the content, with the final lengths; it is authenticated
   * @param inner what is encrypted, without padding
   */
  byte[] seal(byte[] prefix, byte[] inner) {
    byte[] message = Arrays.copyOf(prefix, prefix.length + contentLength(inner.length));
    sealing.seal(message, prefix.length, inner);
    return message;
  }

  /** The payloads inside without padding, or empty when the ICV does not verify. */
  Optional<byte[]> open(Datagram datagram) {
    return open(datagram.bytes(), datagram.encrypted().orElseThrow().offset());
  }

  /**
   * What is encrypted in a message, without padding, or empty when the ICV does not verify.
   *
   * @param offset of the content; everything before it is authenticated
   */
  Optional<byte[]> open(byte[] message, int offset) {
    return opening.open(message, offset);
  }

  void destroy() {
    destroyed = true;
    sealing.destroy();
    opening.destroy();
  }
}
