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
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Answers CREATE_CHILD_SA requests that rekey the IKE SA (RFC 7296 §1.3.2, §2.25.2). */
final class IkeRekeyResponder {
  private IkeRekeyResponder() {}

  static List<Payload> answer(
      Established sa,
      IkeMessage request,
      List<Proposal> offered,
      Bytes nonceI,
      Instant now,
      List<Action> out) {
    boolean busy = sa.exchanges().current().filter(Exchange::concernsChildren).isPresent();
    if (sa.isClosing()
        || sa.succession().isOver()
        || sa.succession().crossing().isPresent()
        || busy) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    SaCore core = sa.core();
    IkeContext ctx = core.ctx();
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
      Bytes wanted = Bytes.copyOf(new ByteWriter().u16(suite.keyExchange().id()).toArray());
      return List.of(NotifyPayload.of(NotifyType.INVALID_KE_PAYLOAD, wanted));
    }
    Optional<KeyExchangeResponse> shared =
        ctx.crypto().respond(suite.keyExchange(), ctx.random(), theirs.get().data().toArray());
    if (shared.isEmpty()) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    Bytes nonceR = core.nonce();
    Established made =
        sa.successor(false, spiI, spiR, suite, shared.get().sharedSecret(), nonceI, nonceR, now);
    sa.succession().rekeyedByPeer(made, now, out);
    return List.of(
        new SaPayload(List.of(selected.get().answer())),
        new NoncePayload(nonceR),
        new KePayload(suite.keyExchange().id(), shared.get().publicValue()));
  }

  private static List<Payload> error(int notifyType) {
    return List.of(NotifyPayload.of(notifyType));
  }
}
