package io.podseal.protocol.message;

import io.podseal.protocol.wire.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Answers in clear to requests that no SA of ours can answer (RFC 7296 §1.5, §2.5, §2.21.4). They
 * repeat SPIs, exchange type and message ID of the request, and are never an answer to a response.
 */
public final class UnprotectedAnswer {
  private static final int VERSION_OFFSET = 17;
  private static final int FLAGS_OFFSET = 19;
  private static final int HIGHEST_MAJOR_VERSION = 2;

  private UnprotectedAnswer() {}

  /**
   * N(INVALID_MAJOR_VERSION) to a request of a version above ours (§2.5); IKEv1 and responses get
   * nothing.
   */
  public static Optional<byte[]> invalidMajorVersion(byte[] request) {
    boolean higher =
        request.length >= IkeHeader.LENGTH
            && (request[VERSION_OFFSET] & 0xff) >>> 4 > HIGHEST_MAJOR_VERSION
            && (request[FLAGS_OFFSET] & IkeHeader.FLAG_RESPONSE) == 0;
    return higher
        ? Optional.of(answer(request, List.of(NotifyPayload.of(NotifyType.INVALID_MAJOR_VERSION))))
        : Optional.empty();
  }

  /** N(INVALID_IKE_SPI) and what proves it, to a protected request with SPIs we do not know. */
  public static byte[] invalidIkeSpi(Datagram request, List<NotifyPayload> proofs) {
    List<NotifyPayload> payloads = new ArrayList<>();
    payloads.add(NotifyPayload.of(NotifyType.INVALID_IKE_SPI));
    payloads.addAll(proofs);
    return answer(request.bytes(), payloads);
  }

  private static byte[] answer(byte[] request, List<NotifyPayload> payloads) {
    byte[] header = Arrays.copyOf(request, IkeHeader.LENGTH);
    header[IkeHeader.NEXT_PAYLOAD_OFFSET] = PayloadType.NOTIFY;
    header[VERSION_OFFSET] = IkeHeader.VERSION_2_0;
    boolean fromInitiator = (header[FLAGS_OFFSET] & IkeHeader.FLAG_INITIATOR) != 0;
    header[FLAGS_OFFSET] =
        (byte) (IkeHeader.FLAG_RESPONSE | (fromInitiator ? 0 : IkeHeader.FLAG_INITIATOR));
    ByteWriter w = new ByteWriter().bytes(header).bytes(MessageEncoder.inner(payloads));
    w.setU32(IkeHeader.LENGTH_OFFSET, w.length());
    return w.toArray();
  }
}
