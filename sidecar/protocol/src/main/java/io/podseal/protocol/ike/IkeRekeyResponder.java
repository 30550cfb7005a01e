package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers CREATE_CHILD_SA requests that rekey the IKE SA (RFC 7296 §1.3.2, §2.25.2). */
final class IkeRekeyResponder {
  private final Established sa;
  private final CreateChildResponder creator;

  IkeRekeyResponder(Established sa, CreateChildResponder creator) {
    this.sa = sa;
    this.creator = creator;
  }

  List<Payload> answer(
      IkeMessage request, List<Proposal> offered, Bytes nonceI, Instant now, List<Action> out) {
    Optional<NotifyPayload> objection = objection();
    if (objection.isPresent()) {
      return List.of(objection.get());
    }
    SaCore core = sa.core();
    IkeContext ctx = core.ctx();
    if (!ctx.peers().hasRoomForRekey(core.peer().identity())) {
      // §2.25: until the peer has deleted what it rekeyed before; NO_ADDITIONAL_SAS would say
      // never.
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    long spiR = ctx.randomIkeSpi();
    Optional<Proposals.Selected<IkeSuite>> selected =
        Proposals.selectIke(
            offered,
            core.peer().crypto().forRekeyOfIke(core.session().suite().prf()),
            Bytes.ofLong(spiR));
    long spiI = selected.map(s -> s.offered().spi().s64(0)).orElse(0L);
    if (selected.isEmpty() || spiI == 0) {
      return error(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    IkeSuite suite = selected.get().suite();
    Optional<KePayload> theirs = request.first(KePayload.class);
    if (theirs.filter(ke -> ke.method() == suite.keyExchange().id()).isEmpty()) {
      return List.of(ChildResponder.wants(suite.keyExchange()));
    }
    Optional<KeyExchangeResponse> agreed =
        ctx.crypto().respond(suite.keyExchange(), ctx.random(), theirs.get().data().toArray());
    if (agreed.isEmpty()) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    Rekeyed keys = new Rekeyed(false, spiI, spiR, suite, nonceI, core.nonce());
    List<Payload> answer = new ArrayList<>();
    answer.add(new SaPayload(List.of(selected.get().answer())));
    answer.add(new NoncePayload(keys.nonceR()));
    answer.add(new KePayload(suite.keyExchange().id(), agreed.get().publicValue()));
    answer.addAll(CrashDetection.proof(ctx, spiI, spiR));
    sa.succession().crossedBy(keys.lowestNonce());
    SecretBytes first = agreed.get().sharedSecret();
    if (suite.additional().isEmpty()) {
      complete(keys, List.of(first), now, out);
      first.destroy();
      return answer;
    }
    return creator.later(
        answer,
        suite.additional(),
        first,
        new PendingKeys.Completion() {
          @Override
          public Optional<NotifyPayload> objection() {
            return IkeRekeyResponder.this.objection();
          }

          @Override
          public void complete(List<SecretBytes> secrets, Instant then, List<Action> actions) {
            IkeRekeyResponder.this.complete(keys, secrets, then, actions);
          }

          @Override
          public void abandon(Instant then) {
            sa.succession().notCrossed();
          }
        },
        now);
  }

  /** §2.25.2: not while the SA is closed, nor while we are about its children. */
  private Optional<NotifyPayload> objection() {
    boolean busy = sa.exchanges().current().filter(Exchange::concernsChildren).isPresent();
    return sa.phase() != SaPhase.ESTABLISHED || sa.succession().crossing().isPresent() || busy
        ? Optional.of(NotifyPayload.of(NotifyType.TEMPORARY_FAILURE))
        : Optional.empty();
  }

  private void complete(Rekeyed keys, List<SecretBytes> secrets, Instant now, List<Action> out) {
    sa.succession().rekeyedByPeer(sa.successor(keys, secrets, now), now, out);
  }

  private static List<Payload> error(int notifyType) {
    return List.of(NotifyPayload.of(notifyType));
  }
}
