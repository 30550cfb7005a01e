package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
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
 * Replaces a child by CREATE_CHILD_SA with perfect forward secrecy (RFC 7296 §1.3.3), and by
 * IKE_FOLLOWUP_KE for each additional key exchange (RFC 9370).
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
  private @Nullable ChildOffer offer;
  private @Nullable Bytes crossing;
  private boolean replaced;

  ChildRekey(Established sa, ChildSa old) {
    this.sa = sa;
    this.old = old;
  }

  ChildSa old() {
    return old;
  }

  /**
   * The peer rekeys the same child while our request is on its way (§2.8.1).
   *
   * @param lowestNonce of its exchange
   */
  void crossed(Bytes lowestNonce) {
    crossing = lowestNonce;
  }

  /** The peer's rekey has come to its end before ours. */
  void replaced() {
    replaced = true;
  }

  @Override
  public ExchangeType type() {
    ChildOffer o = offer;
    return o != null && o.isFollowing()
        ? ExchangeType.IKE_FOLLOWUP_KE
        : ExchangeType.CREATE_CHILD_SA;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    ChildOffer o = offer;
    if (o == null) {
      if (!old.isUsable() || !sa.children().all().contains(old)) {
        return Optional.empty();
      }
      if (sa.isAnswering()) {
        retry(now);
        return Optional.empty();
      }
      old.stage(ChildSa.Stage.REKEYING);
      o = ChildOffer.successor(sa.core(), old.parameters().traffic());
      offer = o;
    }
    if (o.isFollowing()) {
      return Optional.of(o.payloads());
    }
    List<Payload> payloads = new ArrayList<>();
    // §1.3.3: REKEY_SA names the SPI that the sender of this request receives on.
    payloads.add(NotifyPayload.aboutChild(old.protocol(), NotifyType.REKEY_SA, old.inboundSpi()));
    payloads.addAll(o.payloads());
    return Optional.of(payloads);
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
    return switch (o.answered(message)) {
      case AGAIN -> sa.goOn(this, now, out);
      case FOLLOWS -> {
        if (hasLost(o)) {
          // RFC 9370 §2.2.4: whoever loses a crossing never begins its further key exchanges.
          abandon(now);
          yield leaveToPeer(now);
        }
        yield sa.goOn(this, now, out);
      }
      case DONE -> {
        offer = null;
        yield succeeded(o, now, out);
      }
      case REFUSED -> {
        abandon(now);
        yield failed(message.error(), now, out);
      }
    };
  }

  /**
   * §2.8.1: of the two new SAs, the one whose exchange holds the lowest of the four nonces goes.
   */
  private boolean hasLost(ChildOffer o) {
    Bytes theirs = crossing;
    return theirs != null && o.lowestNonce().compareTo(theirs) < 0;
  }

  private State succeeded(ChildOffer o, Instant now, List<Action> out) {
    boolean lost = hasLost(o);
    ChildSa ours = o.install(now, out);
    sa.children().add(ours);
    if (lost) {
      // §2.8.1: it is closed by the end that began it; the other's initiator deletes the old one.
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
    if (error.isEmpty()) {
      // §1.3.1: what the peer has installed, and we cannot take, MUST be deleted. Whoever answers
      // so would do it again: it goes with the IKE SA, as a new child does.
      sa.core().refused(false, "", "rekey of a child answered with what was not asked for", out);
      return sa.close(AuthInitiator.closeReason(error), now, out);
    }
    int type = error.get().notifyType();
    if (crossing != null || !old.isUsable()) {
      return leaveToPeer(now);
    }
    if (type == NotifyType.CHILD_SA_NOT_FOUND) {
      // §2.25.1: the peer no longer has it; ours goes without a word and a new one is made.
      sa.children().remove(old, "the peer does not know it", now, out);
      return sa.upkeep().ensureChild(now, out);
    }
    if (type != NotifyType.TEMPORARY_FAILURE) {
      sa.core().refused(true, NotifyType.name(type), "rekey of a child refused", out);
    }
    retry(now);
    return sa;
  }

  /** Its rekey of the same child stands and it deletes the old one, unless it gives up. */
  private State leaveToPeer(Instant now) {
    if (old.isUsable()) {
      if (replaced) {
        old.stage(ChildSa.Stage.REPLACED);
      } else {
        retry(now);
      }
    }
    return sa;
  }

  private void retry(Instant now) {
    old.stage(ChildSa.Stage.ACTIVE);
    old.rekeyAt(now.plus(Jitter.pauseAfterRefusal(sa.core().ctx().random())));
  }
}
