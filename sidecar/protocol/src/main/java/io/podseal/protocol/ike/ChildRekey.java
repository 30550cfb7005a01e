package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a child by CREATE_CHILD_SA with perfect forward secrecy (RFC 7296 §1.3.3).
 *
 * <pre>
 * SK{N(REKEY_SA), N(USE_TRANSPORT_MODE), SA, Ni, KEi, TSi, TSr}  -->
 *                      <--  SK{N(USE_TRANSPORT_MODE), SA, Nr, KEr, TSi, TSr}
 * SK{D(old)}  -->
 * </pre>
 */
final class ChildRekey implements Exchange {
  private final Established sa;
  private final ChildSa old;
  private final Bytes nonce;
  private @Nullable ChildOffer offer;
  private @Nullable ChildSa crossing;

  ChildRekey(Established sa, ChildSa old) {
    this.sa = sa;
    this.old = old;
    this.nonce = sa.core().nonce();
  }

  ChildSa old() {
    return old;
  }

  /** The peer rekeyed the same child while our request was on its way (§2.8.1). */
  void crossed(ChildSa theirs) {
    crossing = theirs;
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.CREATE_CHILD_SA;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    if (!old.isUsable() || !sa.children().all().contains(old)) {
      return Optional.empty();
    }
    old.stage(ChildSa.Stage.REKEYING);
    ChildOffer o = ChildOffer.successor(sa.core(), old.parameters().traffic());
    offer = o;
    List<Payload> payloads = new ArrayList<>();
    // §1.3.3: REKEY_SA names the SPI that the sender of this request receives on.
    payloads.add(NotifyPayload.aboutEsp(NotifyType.REKEY_SA, old.inboundSpi()));
    payloads.addAll(o.payloads());
    payloads.add(new NoncePayload(nonce));
    o.kePayload().ifPresent(payloads::add);
    payloads.addAll(o.selectors());
    return Optional.of(payloads);
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    ChildOffer o = offer;
    if (o == null) {
      throw new IllegalStateException("answer to a request that was never made");
    }
    if (sa.isClosing()) {
      // Whatever was agreed goes with the IKE SA; a removed peer must not get a child back.
      abandon(now);
      return sa;
    }
    offer = null;
    Optional<ChildSa> made = o.accept(message, nonce, now, out);
    if (made.isPresent()) {
      return succeeded(made.get(), now, out);
    }
    o.withdraw(now);
    return failed(message.error(), now, out);
  }

  @Override
  public boolean concernsChildren() {
    return true;
  }

  @Override
  public Optional<Exchange> movedTo(Established heir) {
    return Optional.of(new ChildRekey(heir, old));
  }

  @Override
  public void abandon(Instant now) {
    ChildOffer o = offer;
    if (o != null) {
      o.withdraw(now);
      offer = null;
    }
  }

  private State succeeded(ChildSa ours, Instant now, List<Action> out) {
    sa.children().add(ours);
    ChildSa theirs = crossing;
    // §2.8.1: of the two new SAs, the one whose exchange holds the lowest of the four nonces is
    // closed by the end that began it; the other end's initiator deletes the old one.
    if (theirs != null && ours.lowestNonce().compareTo(theirs.lowestNonce()) < 0) {
      ours.stage(ChildSa.Stage.REPLACED);
      return sa.begin(new ChildDelete(sa, ours, "lost a simultaneous rekey"), now, out);
    }
    if (old.isUsable()) {
      old.stage(ChildSa.Stage.REPLACED);
    }
    sa.children().select(ours, out);
    return sa.begin(new ChildDelete(sa, old, "rekeyed"), now, out);
  }

  private State failed(Optional<NotifyPayload> error, Instant now, List<Action> out) {
    int type = error.map(NotifyPayload::notifyType).orElse(0);
    if (crossing != null || !old.isUsable()) {
      // The peer's rekey of the same child stands and it deletes the old one, or has done so.
      return sa;
    }
    if (type == NotifyType.CHILD_SA_NOT_FOUND) {
      // §2.25.1: the peer no longer has it; ours goes without a word and a new one is made.
      sa.children().remove(old, "the peer does not know it", now, out);
      return sa.ensureChild(now, out);
    }
    if (type != NotifyType.TEMPORARY_FAILURE) {
      sa.core().refused(error.isPresent(), NotifyType.name(type), "rekey of a child refused", out);
    }
    old.stage(ChildSa.Stage.ACTIVE);
    old.rekeyAt(now.plus(IkeTimers.TEMPORARY_FAILURE_BACKOFF));
    return sa;
  }
}
