package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Tells the peer that it sends on an SPI that no child of ours has (RFC 7296 §1.5). */
final class InvalidSpiNotice implements Exchange {
  private final Established sa;
  private final int spi;

  InvalidSpiNotice(Established sa, int spi) {
    this.sa = sa;
    this.spi = spi;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    // §1.5: the SPI is the notification's data, and its protocol and SPI fields are empty.
    return Optional.of(List.of(NotifyPayload.of(NotifyType.INVALID_SPI, Bytes.ofInt(spi))));
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    return sa;
  }
}
