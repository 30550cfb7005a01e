package io.podseal.protocol.message;

import io.podseal.protocol.wire.Bytes;
import java.util.List;
import java.util.Optional;

/**
 * A decoded message: header and payloads, those of the Encrypted payload included.
 *
 * @param inner content of the Encrypted payload without padding; empty in a clear message
 */
public record IkeMessage(IkeHeader header, List<Payload> payloads, Bytes inner) {
  public IkeMessage {
    payloads = List.copyOf(payloads);
  }

  public IkeMessage(IkeHeader header, List<Payload> payloads) {
    this(header, payloads, Bytes.EMPTY);
  }

  /** The first payload of this class; the decoder allows singular payloads once. */
  public <P extends Payload> Optional<P> first(Class<P> type) {
    return payloads.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  public <P extends Payload> List<P> all(Class<P> type) {
    return payloads.stream().filter(type::isInstance).map(type::cast).toList();
  }

  public Optional<IdPayload> id(boolean initiator) {
    return all(IdPayload.class).stream().filter(p -> p.initiator() == initiator).findFirst();
  }

  public Optional<TsPayload> ts(boolean initiator) {
    return all(TsPayload.class).stream().filter(p -> p.initiator() == initiator).findFirst();
  }

  public Optional<NotifyPayload> notify(int notifyType) {
    return all(NotifyPayload.class).stream().filter(n -> n.notifyType() == notifyType).findFirst();
  }

  public boolean has(int notifyType) {
    return notify(notifyType).isPresent();
  }

  /** The first error notify. */
  public Optional<NotifyPayload> error() {
    return all(NotifyPayload.class).stream().filter(NotifyPayload::isError).findFirst();
  }

  public Optional<Bytes> nonce() {
    return first(NoncePayload.class).map(NoncePayload::nonce);
  }

  /** Type of the first unknown payload that is marked critical. */
  public Optional<Integer> unknownCritical() {
    return all(OpaquePayload.class).stream()
        .filter(OpaquePayload::isUnknownCritical)
        .map(OpaquePayload::type)
        .findFirst();
  }
}
