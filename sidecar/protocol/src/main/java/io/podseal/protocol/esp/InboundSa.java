package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;

/**
 * The receiving half of a child SA: checks for replay, authenticates, decrypts and strips the
 * padding (RFC 4303 §3.4). Confined to one thread; with an AEAD it allocates nothing per packet of
 * its own.
 */
public final class InboundSa {
  private final int spi;
  private final boolean esn;
  private final Protection protection;
  private final int shortestPacket;
  private final int headerLength;
  private final ReplayWindow window;
  private int nextHeader;

  /**
   * With an AEAD.
   *
   * @param keymat key and salt as {@link EncryptionAlgorithm#keymatLength} says; copied
   */
  public InboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat) {
    this(
        new AeadProtection(crypto, algorithm, spi, esn, keymat),
        spi,
        esn,
        new ReplayWindow(Esp.REPLAY_WINDOW));
  }

  /**
   * With any suite of ESP.
   *
   * @param keys copied
   */
  public static InboundSa of(CryptoProvider crypto, ChildSaKeys keys) {
    RandomSource none =
        octets -> {
          throw new IllegalStateException("the receiver chooses no IV");
        };
    return new InboundSa(
        Protection.of(crypto, none, keys, keys.inboundSpi(), keys.inbound()),
        keys.inboundSpi(),
        keys.suite().esn(),
        new ReplayWindow(Esp.REPLAY_WINDOW));
  }

  InboundSa(Protection protection, int spi, boolean esn, ReplayWindow window) {
    this.spi = Esp.requireUsableSpi(spi);
    this.esn = esn;
    this.protection = protection;
    this.headerLength = Esp.IV_OFFSET + protection.ivLength();
    this.shortestPacket = headerLength + Esp.TRAILER_LENGTH + protection.icvLength();
    this.window = window;
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
    if (length < shortestPacket) {
      return DropReason.ESP_TOO_SHORT.code();
    }
    if (length - headerLength > out.length - outOffset) {
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

    int opened = protection.open(sequence, packet, offset, length, out, outOffset);
    if (opened < 0) {
      return DropReason.ESP_INTEGRITY.code();
    }

    // RFC 4303 §3.4.3: the window moves only for a packet that proved authentic.
    window.mark(sequence);
    return strip(out, outOffset, opened);
  }

  /** Zeroes the key as far as the crypto provider allows; the SA must not be used again. */
  public void destroy() {
    protection.destroy();
  }

  private int strip(byte[] out, int offset, int opened) {
    int payloadLength = Trailer.strip(out, offset, opened);
    if (payloadLength < 0) {
      return payloadLength;
    }
    nextHeader = Trailer.nextHeader(out, offset, opened);
    return nextHeader == Esp.NO_NEXT_HEADER ? DropReason.ESP_DUMMY.code() : payloadLength;
  }
}
