package io.podseal.protocol.message;

import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.wire.Bytes;

/**
 * Notify payload (RFC 7296 §3.10).
 *
 * @param protocol of the SA in {@code spi}, 0 when there is none
 */
public record NotifyPayload(int protocol, Bytes spi, int notifyType, Bytes data)
    implements Payload {

  public static NotifyPayload of(int notifyType) {
    return of(notifyType, Bytes.EMPTY);
  }

  public static NotifyPayload of(int notifyType, Bytes data) {
    return new NotifyPayload(0, Bytes.EMPTY, notifyType, data);
  }

  /** About an existing child SA, such as REKEY_SA and CHILD_SA_NOT_FOUND. */
  public static NotifyPayload aboutChild(SecurityProtocol protocol, int notifyType, int spi) {
    return new NotifyPayload(protocol.id(), Bytes.ofInt(spi), notifyType, Bytes.EMPTY);
  }

  @Override
  public int type() {
    return PayloadType.NOTIFY;
  }

  public boolean isError() {
    return NotifyType.isError(notifyType);
  }
}
