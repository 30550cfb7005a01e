package io.podseal.protocol.ike;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Deletes one child, both directions (RFC 7296 §1.4.1).
 *
 * <pre>
 * SK{D(ESP, our inbound SPI)}  -->
 *                              <--  SK{D(ESP, their inbound SPI)}
 * </pre>
 */
final class ChildDelete implements Exchange {
  private final Established sa;
  private final ChildSa child;
  private final String why;

  ChildDelete(Established sa, ChildSa child, String why) {
    this.sa = sa;
    this.child = child;
    this.why = why;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.INFORMATIONAL;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    if (!sa.children().all().contains(child) || child.stage() == ChildSa.Stage.LINGERING) {
      return Optional.empty();
    }
    child.stage(ChildSa.Stage.DELETING);
    return Optional.of(List.of(DeletePayload.child(child.protocol(), child.inboundSpi())));
  }

  @Override
  public boolean concernsChildren() {
    return true;
  }

  @Override
  public Optional<Exchange> movedTo(Established heir) {
    return Optional.of(new ChildDelete(heir, child, why));
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    if (!sa.children().all().contains(child)) {
      return sa;
    }
    if (sa.children().newest().isPresent()) {
      sa.children().leave(child, out);
      child.linger(now.plus(IkeTimers.REKEYED_CHILD_LINGER));
      return sa;
    }
    sa.children().remove(child, why, now, out);
    return sa;
  }
}
