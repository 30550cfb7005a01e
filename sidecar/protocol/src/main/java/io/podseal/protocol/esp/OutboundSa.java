package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;

/**
 * The sending half of a child SA: numbers, pads and encrypts (RFC 4303 §3.3). Confined to one
 * thread; with an AEAD it allocates nothing per packet.
 */
public final class OutboundSa {
  private final int spi;
  private final long lastSequence;
  private final Protection protection;
  private long sequence;

  /**
   * With an AEAD.
   *
   * @param keymat key and salt as {@link EncryptionAlgorithm#keymatLength} says; copied
   */
  public OutboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat) {
    this(new AeadProtection(crypto, algorithm, spi, esn, keymat), spi, esn, 0);
  }

  /**
   * With any suite of ESP.
   *
   * @param random gives IVs where they must not be foreseen
   * @param keys copied
   */
  public static OutboundSa of(CryptoProvider crypto, RandomSource random, ChildSaKeys keys) {
    return new OutboundSa(
        Protection.of(crypto, random, keys, keys.outboundSpi(), keys.outbound()),
        keys.outboundSpi(),
        keys.suite().esn(),
        0);
  }

  OutboundSa(Protection protection, int spi, boolean esn, long sequence) {
    this.spi = Esp.requireUsableSpi(spi);
    // RFC 4303 §3.3.3: without ESN the 32 bits must not come round again.
    this.lastSequence = esn ? -1L : 0xffffffffL;
    this.protection = protection;
    this.sequence = sequence;
  }

  public int spi() {
    return spi;
  }

  /** Last sequence number used, 0 before the first packet. */
  public long sequence() {
    return sequence;
  }

  /**
   * Seals an IPv4 packet in transport mode: its payload and protocol travel, its header does not.
   *
   * @param packet has {@link Esp#TRAILER_ROOM} octets of room behind the packet, which are
   *     overwritten
   * @param out another array, with {@link #maxOverhead} more room than the payload
   * @return octets written, or the {@link DropReason#code} of what is wrong with the packet, or of
   *     {@link DropReason#SEQUENCE_EXHAUSTED}
   */
  public int seal(byte[] packet, int offset, int length, byte[] out, int outOffset) {
    int header = Ipv4.headerLength(packet, offset, length);
    if (header < 0) {
      return header;
    }
    // RFC 4303 §3.3.4: transport mode takes whole datagrams only.
    if (Ipv4.isFragment(packet, offset)) {
      return DropReason.INNER_FRAGMENT.code();
    }
    return sealPayload(
        Ipv4.protocol(packet, offset), packet, offset + header, length - header, out, outOffset);
  }

  /** Seals a packet that the peer authenticates, counts and drops (RFC 4303 §2.6). */
  public int sealDummy(byte[] out, int outOffset) {
    return sealPayload(Esp.NO_NEXT_HEADER, new byte[Esp.TRAILER_ROOM], 0, 0, out, outOffset);
  }

  /** Zeroes the key as far as the crypto provider allows; the SA must not be used again. */
  public void destroy() {
    protection.destroy();
  }

  /**
   * Seals {@code length} octets of payload, as {@link #seal} does with that of a packet.
   *
   * @param nextHeader IP protocol of the payload
   */
  public int sealPayload(
      int nextHeader, byte[] in, int offset, int length, byte[] out, int outOffset) {
    if (sequence == lastSequence) {
      return DropReason.SEQUENCE_EXHAUSTED.code();
    }
    sequence++;

    BigEndian.putInt(out, outOffset, spi);
    BigEndian.putInt(out, outOffset + Esp.SEQUENCE_OFFSET, (int) sequence);
    return protection.seal(sequence, nextHeader, in, offset, length, out, outOffset);
  }

  /** The most a sealed packet is longer than its payload. */
  public int maxOverhead() {
    return Esp.IV_OFFSET
        + protection.ivLength()
        + protection.alignment()
        - 1
        + Esp.TRAILER_LENGTH
        + protection.icvLength();
  }

  /**
   * Longest payload whose ESP in UDP fits a link of {@code linkMtu} without outer fragments; in
   * tunnel mode the payload is the inner packet.
   */
  public int longestPayload(int linkMtu) {
    int sealed =
        linkMtu
            - Esp.OUTER_HEADERS
            - Esp.IV_OFFSET
            - protection.ivLength()
            - protection.icvLength();
    return sealed / protection.alignment() * protection.alignment() - Esp.TRAILER_LENGTH;
  }
}
