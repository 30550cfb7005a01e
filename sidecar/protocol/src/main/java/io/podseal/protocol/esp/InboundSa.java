package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;

/**
 * The receiving half of a child SA in transport mode: checks for replay, authenticates, decrypts
 * and strips the padding (RFC 4303 §3.4, RFC 4106). Confined to one thread; allocates nothing per
 * packet of its own.
 */
public final class InboundSa {
  private final int spi;
  private final boolean esn;
  private final Aead aead;
  private final byte[] nonce;
  private final byte[] aad;
  private final ReplayWindow window;
  private int nextHeader;

  /**
   * @param keymat key and salt as {@link EncryptionAlgorithm#keymatLength} says; copied
   */
  public InboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat) {
    this(crypto, algorithm, spi, esn, keymat, new ReplayWindow(Esp.REPLAY_WINDOW));
  }

  InboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat,
      ReplayWindow window) {
    this.spi = Esp.requireUsableSpi(spi);
    this.esn = esn;
    this.aead = Keymat.aead(crypto, algorithm, keymat);
    this.nonce = Keymat.nonce(algorithm, keymat);
    this.aad = new byte[esn ? 12 : 8];
    this.window = window;
    BigEndian.putInt(aad, 0, spi);
  }

  public int spi() {
    return spi;
  }

  /** IP protocol of the payload opened last. */
  public int nextHeader() {
    return nextHeader;
  }

  /** Highest sequence number authenticated so far, 0 before the first. */
  public long highestSequence() {
    return window.top();
  }

  /** The SPI that an ESP packet names. */
  public static int spiOf(byte[] packet, int offset) {
    return BigEndian.getInt(packet, offset);
  }

  /** Whether the code of {@link #open} says that the packet was authentic and fresh. */
  public static boolean isAuthentic(int code) {
    return code >= 0
        || code == DropReason.ESP_DUMMY.code()
        || code == DropReason.ESP_PADDING.code();
  }

  /**
   * Opens an ESP packet and leaves its payload at {@code outOffset}; {@link #nextHeader} says what
   * it is.
   *
   * @param out another array; the octets after the payload are overwritten too
   * @return octets of payload, or the {@link DropReason#code} why there are none
   */
  public int open(byte[] packet, int offset, int length, byte[] out, int outOffset) {
    if (length < Esp.SHORTEST_PACKET) {
      return DropReason.ESP_TOO_SHORT.code();
    }
    if (length - Esp.PAYLOAD_OFFSET > out.length - outOffset) {
      return DropReason.ESP_TOO_LONG.code();
    }
    int named = spiOf(packet, offset);
    if (named != spi) {
      return (Esp.isUsableSpi(named) ? DropReason.ESP_UNKNOWN_SPI : DropReason.ESP_RESERVED_SPI)
          .code();
    }

    int low = BigEndian.getInt(packet, offset + Esp.SEQUENCE_OFFSET);
    long sequence = esn ? window.infer(low) : Integer.toUnsignedLong(low);
    if (sequence == 0) {
      return DropReason.ESP_SEQUENCE.code();
    }
    if (window.isTooOld(sequence)) {
      return DropReason.ESP_TOO_OLD.code();
    }
    if (window.isSeen(sequence)) {
      return DropReason.ESP_REPLAY.code();
    }

    Keymat.putSequence(aad, esn, sequence);
    System.arraycopy(
        packet, offset + Esp.IV_OFFSET, nonce, EncryptionAlgorithm.SALT_LENGTH, Esp.IV_LENGTH);
    int opened =
        aead.open(
            nonce,
            aad,
            aad.length,
            packet,
            offset + Esp.PAYLOAD_OFFSET,
            length - Esp.PAYLOAD_OFFSET,
            out,
            outOffset);
    if (opened < 0) {
      return DropReason.ESP_INTEGRITY.code();
    }

    // RFC 4303 §3.4.3: the window moves only for a packet that proved authentic.
    window.mark(sequence);
    return strip(out, outOffset, opened);
  }

  /** Zeroes the key as far as the crypto provider allows; the SA must not be used again. */
  public void destroy() {
    aead.destroy();
  }

  private int strip(byte[] out, int offset, int opened) {
    int trailer = offset + opened - Esp.TRAILER_LENGTH;
    int padLength = out[trailer] & 0xff;
    int payloadLength = opened - Esp.TRAILER_LENGTH - padLength;
    if (payloadLength < 0) {
      return DropReason.ESP_PADDING.code();
    }
    // RFC 4303 §2.4: a receiver that knows the padding should inspect it.
    for (int i = 1; i <= padLength; i++) {
      if ((out[offset + payloadLength + i - 1] & 0xff) != i) {
        return DropReason.ESP_PADDING.code();
      }
    }
    nextHeader = out[trailer + 1] & 0xff;
    return nextHeader == Esp.NO_NEXT_HEADER ? DropReason.ESP_DUMMY.code() : payloadLength;
  }
}
