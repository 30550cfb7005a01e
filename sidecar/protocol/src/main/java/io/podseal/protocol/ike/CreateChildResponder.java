package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Answers CREATE_CHILD_SA requests: tells the three kinds apart (RFC 7296 §1.3) and decides which
 * may happen now (§2.25).
 */
final class CreateChildResponder {
  private CreateChildResponder() {}

  /** The payloads of the answer. */
  static List<Payload> answer(
      Established sa, IkeMessage request, Input.Received in, Instant now, List<Action> out) {
    List<Proposal> proposals =
        request.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<Bytes> nonceI = request.nonce();
    if (proposals.isEmpty() || nonceI.isEmpty()) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    if (proposals.getFirst().protocol() == Proposal.IKE) {
      return IkeRekeyResponder.answer(sa, request, proposals, nonceI.get(), now, out);
    }
    Optional<NotifyPayload> rekey = request.notify(NotifyType.REKEY_SA);
    // CVE-2023-38710: never echo a protocol or SPI that was not checked.
    if (rekey.isPresent()
        && (rekey.get().protocol() != Proposal.ESP || rekey.get().spi().length() != 4)) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    // §2.25.2: no child is created or rekeyed while the IKE SA is rekeyed or closed.
    if (sa.phase() != SaPhase.ESTABLISHED || sa.succession().isRekeying()) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    ChildResponder responder = new ChildResponder(sa.core(), request, in);
    return rekey.isPresent()
        ? rekeyed(sa, responder, rekey.get().spi().s32(0), nonceI.get(), now, out)
        : created(sa, responder, nonceI.get(), now, out);
  }

  private static List<Payload> rekeyed(
      Established sa,
      ChildResponder responder,
      int spi,
      Bytes nonceI,
      Instant now,
      List<Action> out) {
    Optional<ChildSa> old = sa.children().byOutbound(spi);
    if (old.isEmpty() || old.get().stage() == ChildSa.Stage.LINGERING) {
      return List.of(NotifyPayload.aboutEsp(NotifyType.CHILD_SA_NOT_FOUND, spi));
    }
    if (!old.get().isUsable()) {
      // §2.25.1: we are closing it.
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    ChildResponder.Result result = responder.successor(old.get(), nonceI, now, out);
    if (result instanceof ChildResponder.Made made) {
      sa.rekeyedByPeer(old.get(), made.child());
    }
    return result.payloads();
  }

  private static List<Payload> created(
      Established sa, ChildResponder responder, Bytes nonceI, Instant now, List<Action> out) {
    if (sa.children().all().size() >= Limits.CHILDREN_PER_SA) {
      return error(NotifyType.NO_ADDITIONAL_SAS);
    }
    ChildResponder.Result result = responder.additional(nonceI, now, out);
    if (result instanceof ChildResponder.Made made) {
      sa.createdByPeer(made.child(), now);
    }
    return result.payloads();
  }

  private static List<Payload> error(int notifyType) {
    return List.of(NotifyPayload.of(notifyType));
  }
}
