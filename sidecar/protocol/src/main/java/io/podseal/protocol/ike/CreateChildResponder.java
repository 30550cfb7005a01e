package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers CREATE_CHILD_SA and IKE_FOLLOWUP_KE requests: tells the kinds apart (RFC 7296 §1.3) and
 * decides which may happen now (§2.25).
 */
final class CreateChildResponder {
  private final Established sa;
  private @Nullable PendingKeys pending;

  CreateChildResponder(Established sa) {
    this.sa = sa;
  }

  /** Whether the peer's key exchanges are under way. */
  boolean isPending() {
    return pending != null;
  }

  Optional<Instant> deadline() {
    return Optional.ofNullable(pending).map(PendingKeys::until);
  }

  /** Forgets what the peer did not complete in time; whether there was such a thing. */
  boolean expire(Instant now) {
    PendingKeys p = pending;
    boolean due = p != null && !p.until().isAfter(now);
    if (due) {
      forget(now);
    }
    return due;
  }

  /** Drops what is under way. */
  void forget(Instant now) {
    PendingKeys p = pending;
    if (p != null) {
      p.abandon(now);
      pending = null;
    }
  }

  /** The payloads of the answer to CREATE_CHILD_SA. */
  List<Payload> answer(IkeMessage request, Input.Received in, Instant now, List<Action> out) {
    List<Proposal> proposals =
        request.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<Bytes> nonceI = request.nonce();
    if (proposals.isEmpty() || nonceI.isEmpty()) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    // The window is 1: whoever asks for something new has given up what it had begun.
    forget(now);
    // RFC 9370 §2.2.4: nothing else while our own series of key exchanges is under way.
    boolean inSeries =
        sa.exchanges().current().filter(e -> e.type() == ExchangeType.IKE_FOLLOWUP_KE).isPresent();
    if (inSeries) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    // §2.25 allows it for any reason that passes; the peer waits before it asks again.
    if (!mayExchangeKeys(request, now)) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    if (proposals.getFirst().protocol() == Proposal.IKE) {
      return new IkeRekeyResponder(sa, this).answer(request, proposals, nonceI.get(), now, out);
    }
    Optional<NotifyPayload> rekey = request.notify(NotifyType.REKEY_SA);
    // CVE-2023-38710: never echo a protocol or SPI that was not checked.
    if (rekey.isPresent()
        && (rekey.get().protocol() != sa.core().peer().child().protocol().id()
            || rekey.get().spi().length() != 4)) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    // §2.25.2: no child is created or rekeyed while the IKE SA is rekeyed or closed.
    if (sa.phase() != SaPhase.ESTABLISHED || sa.succession().isRekeying()) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    ChildResponder responder = new ChildResponder(sa.core(), request, in);
    return rekey.isPresent()
        ? rekeyed(responder, rekey.get(), nonceI.get(), now, out)
        : created(responder, nonceI.get(), now, out);
  }

  private boolean mayExchangeKeys(IkeMessage request, Instant now) {
    SaCore core = sa.core();
    int method = request.first(KePayload.class).map(KePayload::method).orElse(0);
    return core.ctx().peers().mayExchangeKeys(core.peer().identity(), method, now);
  }

  private List<Payload> rekeyed(
      ChildResponder responder, NotifyPayload rekey, Bytes nonceI, Instant now, List<Action> out) {
    Optional<NotifyPayload> objection = objection(rekey);
    if (objection.isPresent()) {
      return List.of(objection.get());
    }
    ChildSa old = named(rekey).orElseThrow();
    ChildResponder.Result result = responder.successor(old, nonceI);
    if (result instanceof ChildResponder.Agreed agreed) {
      sa.upkeep().crossesRekey(old, agreed.lowestNonce());
      return make(
          agreed,
          () -> objection(rekey),
          (made, then) -> sa.upkeep().rekeyedByPeer(old, made),
          now,
          out);
    }
    return result.payloads();
  }

  private Optional<ChildSa> named(NotifyPayload rekey) {
    return sa.children().byOutbound(rekey.protocol(), rekey.spi().s32(0));
  }

  /** §2.25.1: why a child may not be rekeyed, or no longer, if we gave it up meanwhile. */
  private Optional<NotifyPayload> objection(NotifyPayload rekey) {
    Optional<ChildSa.Stage> stage = named(rekey).map(ChildSa::stage);
    if (stage.filter(s -> s != ChildSa.Stage.LINGERING).isEmpty()) {
      // It names what the peer named.
      return Optional.of(
          new NotifyPayload(
              rekey.protocol(), rekey.spi(), NotifyType.CHILD_SA_NOT_FOUND, Bytes.EMPTY));
    }
    boolean closing = named(rekey).filter(ChildSa::isUsable).isEmpty();
    // §2.8: whoever rekeys deletes the old one; first that, then this.
    boolean hoarding = sa.children().leaving() >= Limits.LEAVING_CHILDREN_PER_SA;
    return closing || hoarding
        ? Optional.of(NotifyPayload.of(NotifyType.TEMPORARY_FAILURE))
        : Optional.empty();
  }

  private List<Payload> created(
      ChildResponder responder, Bytes nonceI, Instant now, List<Action> out) {
    if (sa.children().all().size() >= Limits.CHILDREN_PER_SA) {
      return error(NotifyType.NO_ADDITIONAL_SAS);
    }
    ChildResponder.Result result = responder.additional(nonceI);
    if (result instanceof ChildResponder.Agreed agreed) {
      return make(agreed, Optional::empty, sa.upkeep()::createdByPeer, now, out);
    }
    return result.payloads();
  }

  private List<Payload> make(
      ChildResponder.Agreed agreed,
      Supplier<Optional<NotifyPayload>> objection,
      BiConsumer<ChildSa, Instant> made,
      Instant now,
      List<Action> out) {
    if (agreed.additional().isEmpty()) {
      made.accept(agreed.install(now, out), now);
      return agreed.payloads();
    }
    return later(
        agreed.payloads(),
        agreed.additional(),
        agreed.shared().orElseThrow(),
        new PendingKeys.Completion() {
          @Override
          public Optional<NotifyPayload> objection() {
            return objection.get();
          }

          @Override
          public void complete(List<SecretBytes> secrets, Instant then, List<Action> actions) {
            made.accept(agreed.install(secrets, then, actions), then);
          }

          @Override
          public void abandon(Instant then) {
            sa.core().ctx().spis().release(agreed.parameters().inboundSpi(), then);
          }
        },
        now);
  }

  /** An answer that says that more key exchanges follow. */
  List<Payload> later(
      List<Payload> answer,
      List<KeyExchangeMethod> additional,
      SecretBytes first,
      PendingKeys.Completion completion,
      Instant now) {
    PendingKeys p = new PendingKeys(sa.core().ctx(), additional, first, completion, now);
    pending = p;
    List<Payload> payloads = new ArrayList<>(answer);
    payloads.add(p.link());
    return payloads;
  }

  /** The payloads of the answer to IKE_FOLLOWUP_KE. */
  List<Payload> followup(IkeMessage request, Instant now, List<Action> out) {
    PendingKeys p = pending;
    if (p == null || !p.isMeantBy(request)) {
      return error(NotifyType.STATE_NOT_FOUND);
    }
    Optional<NotifyPayload> objection = p.objection();
    if (objection.isPresent()) {
      forget(now);
      return List.of(objection.get());
    }
    List<Payload> answer = p.answer(request, now, out);
    if (p.isComplete()) {
      pending = null;
    }
    return answer;
  }

  private static List<Payload> error(int notifyType) {
    return List.of(NotifyPayload.of(notifyType));
  }
}
