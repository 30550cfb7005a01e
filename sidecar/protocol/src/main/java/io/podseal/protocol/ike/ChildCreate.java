package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives an IKE SA a child when it has none (RFC 7296 §1.3.1), with perfect forward secrecy.
 *
 * <pre>
 * SK{N(USE_TRANSPORT_MODE), SA, Ni, KEi, TSi, TSr}  -->
 *                      <--  SK{N(USE_TRANSPORT_MODE), SA, Nr, KEr, TSi, TSr}
 * </pre>
 */
final class ChildCreate implements Exchange {
  private final Established sa;
  private final InetAddress remoteInner;
  private @Nullable ChildOffer offer;
  private @Nullable ChildSa crossing;

  ChildCreate(Established sa, InetAddress remoteInner) {
    this.sa = sa;
    this.remoteInner = remoteInner;
  }

  /** The peer created a child while our request was on its way. */
  void crossed(ChildSa theirs) {
    crossing = theirs;
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
      if (sa.children().newest().isPresent()) {
        return Optional.empty();
      }
      if (sa.isAnswering()) {
        sa.upkeep().wantsChildAfterwards();
        return Optional.empty();
      }
      o = ChildOffer.additional(sa.core(), remoteInner);
      offer = o;
    }
    return Optional.of(o.payloads());
  }

  @Override
  public Optional<Exchange> movedTo(Established heir) {
    return Optional.of(new ChildCreate(heir, remoteInner));
  }

  @Override
  public boolean concernsChildren() {
    return true;
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
    if (o == null || sa.isClosing()) {
      abandon(now);
      return sa;
    }
    return switch (o.answered(message)) {
      case AGAIN, FOLLOWS -> sa.goOn(this, now, out);
      case DONE -> {
        offer = null;
        yield succeeded(o.install(now, out), now, out);
      }
      case REFUSED -> {
        abandon(now);
        yield failed(message.error(), now, out);
      }
    };
  }

  private State succeeded(ChildSa ours, Instant now, List<Action> out) {
    Optional<Bytes> theirs =
        Optional.ofNullable(crossing).filter(ChildSa::isUsable).map(ChildSa::lowestNonce);
    // §2.8.1 asks this of simultaneous rekeys; two first children are the same case.
    boolean lost = theirs.filter(n -> ours.lowestNonce().compareTo(n) < 0).isPresent();
    // The peer has not seen them cross and has gone on from its own.
    boolean late = theirs.isEmpty() && sa.children().newest().isPresent();
    sa.children().add(ours);
    if (lost || late) {
      ours.stage(ChildSa.Stage.REPLACED);
      return sa.begin(new ChildDelete(sa, ours, "lost a simultaneous creation"), now, out);
    }
    if (crossing != null && crossing.isUsable()) {
      // The peer may have had our answer before our request, and then it does not see that they
      // cross: in the end we delete its child ourselves.
      crossing.replaced(now.plus(IkeTimers.REKEYED_CHILD_LINGER));
    }
    sa.upkeep().sendNow(ours, out);
    return sa;
  }

  private State failed(Optional<NotifyPayload> error, Instant now, List<Action> out) {
    int type = error.map(NotifyPayload::notifyType).orElse(0);
    sa.core().refused(error.isPresent(), NotifyType.name(type), "new child refused", out);
    if (crossing != null) {
      sa.upkeep().pause(now);
      return sa;
    }
    if (type == NotifyType.TEMPORARY_FAILURE || type == NotifyType.STATE_NOT_FOUND) {
      return sa.upkeep().asksAgainWhileBusy(now)
          ? sa
          : sa.close(CloseReason.CHILD_REFUSED, now, out);
    }
    // §1.3.1: one failed attempt is no reason to lose the IKE SA. But whoever takes no further
    // child is given another IKE SA (§4), and an answer that is neither acceptance nor refusal
    // leaves the peer with a child that we do not have.
    boolean asksAgain =
        error.isPresent()
            && type != NotifyType.NO_ADDITIONAL_SAS
            && sa.upkeep().asksAgainAfterRefusal(now);
    return asksAgain ? sa : sa.close(AuthInitiator.closeReason(error), now, out);
  }
}
