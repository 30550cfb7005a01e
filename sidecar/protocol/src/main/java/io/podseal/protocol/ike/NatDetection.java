package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/**
 * NAT detection (RFC 7296 §2.23). With {@link Encapsulation#FORCED} our source hash is false on
 * purpose, so that the peer encapsulates; our destination hash is always true, so that it learns
 * whether a NAT stands before it.
 */
final class NatDetection {
  private static final int HASH_LENGTH = 20;

  private NatDetection() {}

  /**
   * What tells the peer about the path.
   *
   * @param from where our message comes from
   * @param to where it goes
   */
  static List<NotifyPayload> notifies(
      IkeContext ctx, long spiI, long spiR, Endpoint from, Endpoint to) {
    Bytes source =
        ctx.options().encapsulation() == Encapsulation.FORCED
            ? Bytes.copyOf(ctx.random().bytes(HASH_LENGTH))
            : hash(ctx.crypto(), spiI, spiR, from);
    return List.of(
        NotifyPayload.of(NotifyType.NAT_DETECTION_SOURCE_IP, source),
        NotifyPayload.of(
            NotifyType.NAT_DETECTION_DESTINATION_IP, hash(ctx.crypto(), spiI, spiR, to)));
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

  /** Whether {@code message} comes from none of the addresses that the peer says it has. */
  static boolean isTranslated(CryptoProvider crypto, IkeMessage message, Endpoint from) {
    Bytes seen =
        hash(crypto, message.header().spiInitiator(), message.header().spiResponder(), from);
    return message.all(NotifyPayload.class).stream()
        .filter(n -> n.notifyType() == NotifyType.NAT_DETECTION_SOURCE_IP)
        .noneMatch(n -> n.data().equals(seen));
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
