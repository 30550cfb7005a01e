package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
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

  /** About an existing ESP SA, such as REKEY_SA and CHILD_SA_NOT_FOUND. */
  public static NotifyPayload aboutEsp(int notifyType, int spi) {
    return new NotifyPayload(Proposal.ESP, Bytes.ofInt(spi), notifyType, Bytes.EMPTY);
  }

  @Override
  public int type() {
    return PayloadType.NOTIFY;
  }

  public boolean isError() {
    return NotifyType.isError(notifyType);
  }
}
