package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/**
 * NAT detection with forced encapsulation (RFC 7296 §2.23): our source hash is false on purpose, so
 * that the peer encapsulates; our destination hash is true, so that it learns whether a NAT stands
 * before it.
 */
final class NatDetection {
  private static final int HASH_LENGTH = 20;

  private NatDetection() {}

  static List<NotifyPayload> notifies(
      CryptoProvider crypto, RandomSource random, long spiI, long spiR, Endpoint to) {
    Bytes falseSource = Bytes.copyOf(random.bytes(HASH_LENGTH));
    return List.of(
        NotifyPayload.of(NotifyType.NAT_DETECTION_SOURCE_IP, falseSource),
        NotifyPayload.of(NotifyType.NAT_DETECTION_DESTINATION_IP, hash(crypto, spiI, spiR, to)));
  }

  static boolean isSupported(IkeMessage message) {
    return message.has(NotifyType.NAT_DETECTION_SOURCE_IP)
        && message.has(NotifyType.NAT_DETECTION_DESTINATION_IP);
  }

  /** Whether the address the peer sent to is not the one that {@code message} reached. */
  static boolean weAreBehindNat(CryptoProvider crypto, IkeMessage message, Endpoint reached) {
    Bytes ours =
        hash(crypto, message.header().spiInitiator(), message.header().spiResponder(), reached);
    return message
        .notify(NotifyType.NAT_DETECTION_DESTINATION_IP)
        .map(n -> !n.data().equals(ours))
        .orElse(false);
  }

  /** SHA-1(SPIi | SPIr | address | port), with the SPIs as they stand in the message's header. */
  static Bytes hash(CryptoProvider crypto, long spiI, long spiR, Endpoint endpoint) {
    return Bytes.copyOf(
        crypto.natDetectionHash(
            new ByteWriter()
                .u64(spiI)
                .u64(spiR)
                .bytes(endpoint.address().getAddress())
                .u16(endpoint.port())
                .toArray()));
  }
}
