package io.podseal.e2e.interop;

import io.podseal.e2e.capture.Classifier;
import io.podseal.e2e.capture.IkeHeader;
import io.podseal.e2e.capture.IpPacket;
import io.podseal.e2e.capture.PcapReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/**
 * What an IKE_SA_INIT message says of where it was sent (RFC 7296 §2.23), against the addresses
 * that it had on the wire.
 *
 * @param sourceTrue whether NAT_DETECTION_SOURCE_IP is of its source
 * @param destinationTrue whether NAT_DETECTION_DESTINATION_IP is of its destination
 */
record NatClaim(boolean sourceTrue, boolean destinationTrue) {
  private static final int HEADER = 28;
  private static final int NOTIFY = 41;
  private static final int SOURCE_IP = 16388;
  private static final int DESTINATION_IP = 16389;

  /** Reads the first IKE_SA_INIT message of {@code sender}'s in {@code pcap}. */
  static NatClaim first(Path pcap, InetAddress sender) {
    try {
      return PcapReader.read(pcap).stream()
          .flatMap(frame -> IpPacket.in(frame.bytes()).stream())
          .filter(packet -> packet.source().equals(sender) && isInit(packet))
          .findFirst()
          .map(NatClaim::of)
          .orElseThrow(() -> new CaseFailure("no IKE_SA_INIT of " + sender + " is in " + pcap));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isInit(IpPacket packet) {
    return (packet.sourcePort() == 500 || packet.destinationPort() == 500)
        && IkeHeader.in(Classifier.ikeMessage(packet))
            .filter(header -> header.exchange().equals("IKE_SA_INIT"))
            .isPresent();
  }

  private static NatClaim of(IpPacket packet) {
    ByteBuffer message = Classifier.ikeMessage(packet);
    return new NatClaim(
        notify(message, SOURCE_IP)
            .equals(Optional.of(hash(message, packet.source(), packet.sourcePort()))),
        notify(message, DESTINATION_IP)
            .equals(Optional.of(hash(message, packet.destination(), packet.destinationPort()))));
  }

  /** Returns the data of the first notification of {@code type} (RFC 7296 §3.10). */
  private static Optional<ByteBuffer> notify(ByteBuffer message, int type) {
    int payload = message.get(16);
    for (int at = HEADER; payload != 0; ) {
      int length = Short.toUnsignedInt(message.getShort(at + 2));
      if (payload == NOTIFY && Short.toUnsignedInt(message.getShort(at + 6)) == type) {
        return Optional.of(message.slice(at + 8, length - 8));
      }
      payload = message.get(at);
      at += length;
    }
    return Optional.empty();
  }

  /** SHA-1(SPIi | SPIr | address | port). */
  private static ByteBuffer hash(ByteBuffer message, InetAddress address, int port) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(message.slice(0, 16));
      sha1.update(address.getAddress());
      sha1.update(ByteBuffer.allocate(2).putShort((short) port).flip());
      return ByteBuffer.wrap(sha1.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
