package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Makes sure that the peer receives at its new address (RFC 4555 §3.7). */
final class RoutabilityCheck implements Exchange {
  private static final int COOKIE_LENGTH = 16;

  private final Established sa;
  private final AddressUpdate update;
  private final Bytes cookie;

  RoutabilityCheck(Established sa, AddressUpdate update) {
    this.sa = sa;
    this.update = update;
    this.cookie = Bytes.copyOf(sa.core().ctx().random().bytes(COOKIE_LENGTH));
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    return update.awaits(this)
        ? Optional.of(List.of(NotifyPayload.of(NotifyType.COOKIE2, cookie)))
        : Optional.empty();
  }

  @Override
  public boolean provesAddress() {
    return true;
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    boolean same =
        message.notify(NotifyType.COOKIE2).filter(n -> n.data().equals(cookie)).isPresent();
    if (!same) {
      // §3.7: who answers without having read the request is not to be trusted with any address.
      return sa.close(CloseReason.ADDRESS_CHECK_FAILED, now, out);
    }
    // An answer to a check that went to several addresses does not tell which of them works.
    if (update.awaits(this)) {
      update.passed(sa, out);
    }
    return sa;
  }
}
