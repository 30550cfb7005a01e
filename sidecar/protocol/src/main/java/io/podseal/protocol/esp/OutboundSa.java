package io.podseal.protocol.esp;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;

/**
 * The sending half of a child SA in transport mode: numbers, pads and encrypts (RFC 4303 §3.3, RFC
 * 4106). Confined to one thread; allocates nothing per packet.
 *
 * <p>The IV is the 64-bit sequence number, so that no nonce repeats while the key lives.
 */
public final class OutboundSa {
  private final int spi;
  private final boolean esn;
  private final long lastSequence;
  private final Aead aead;
  private final byte[] nonce;
  private final byte[] aad;
  private final int aadLength;
  private long sequence;

  /**
   * @param keymat key and salt as {@link EncryptionAlgorithm#keymatLength} says; copied
   */
  public OutboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat) {
    this(crypto, algorithm, spi, esn, keymat, 0);
  }

  OutboundSa(
      CryptoProvider crypto,
      EncryptionAlgorithm algorithm,
      int spi,
      boolean esn,
      SecretBytes keymat,
      long sequence) {
    this.spi = Esp.requireUsableSpi(spi);
    this.esn = esn;
    this.lastSequence = esn ? -1L : 0xffffffffL;
    this.aead = Keymat.aead(crypto, algorithm, keymat);
    this.nonce = Keymat.nonce(algorithm, keymat);
    this.aad = new byte[esn ? 12 : 8];
    this.aadLength = aad.length;
    this.sequence = sequence;
    BigEndian.putInt(aad, 0, spi);
  }

  public int spi() {
    return spi;
  }

  /** Last sequence number used, 0 before the first packet. */
  public long sequence() {
    return sequence;
  }

  /**
   * Seals an IPv4 packet: its payload and protocol travel, its header does not.
   *
   * @param packet has {@link Esp#TRAILER_ROOM} octets of room behind the packet, which are
   *     overwritten
   * @param out another array, with {@link Esp#MAX_OVERHEAD} more room than the payload
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
    aead.destroy();
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

    // RFC 4303 §2.4: payload, padding and trailer end on 4 octets; padding counts 1, 2, 3.
    int padLength = -(length + Esp.TRAILER_LENGTH) & (Esp.ALIGNMENT - 1);
    int end = offset + length;
    for (int i = 1; i <= padLength; i++) {
      in[end++] = (byte) i;
    }
    in[end++] = (byte) padLength;
    in[end++] = (byte) nextHeader;

    BigEndian.putInt(out, outOffset, spi);
    BigEndian.putInt(out, outOffset + Esp.SEQUENCE_OFFSET, (int) sequence);
    BigEndian.putLong(out, outOffset + Esp.IV_OFFSET, sequence);
    BigEndian.putLong(nonce, EncryptionAlgorithm.SALT_LENGTH, sequence);
    Keymat.putSequence(aad, esn, sequence);
    return Esp.PAYLOAD_OFFSET
        + aead.seal(
            nonce, aad, aadLength, in, offset, end - offset, out, outOffset + Esp.PAYLOAD_OFFSET);
  }
}
