package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The responder's half of IKE_SA_INIT (RFC 7296 §1.2); see {@link SaInitInitiator}. */
final class SaInitResponder {
  private SaInitResponder() {}

  /** Answers a request; gives the state that waits for IKE_AUTH, or empty if nothing is kept. */
  static Optional<State> answer(
      SaCore core, Input.Received in, KeyExchangeRation ration, Instant now, List<Action> out) {
    IkeMessage request = in.datagram().clearMessage();
    IkeHeader header = request.header();
    Optional<Integer> critical = request.unknownCritical();
    if (critical.isPresent()) {
      byte[] type = {critical.get().byteValue()};
      refuse(header, NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Bytes.copyOf(type), in, out);
      return Optional.empty();
    }
    Optional<SaPayload> sa = request.first(SaPayload.class);
    Optional<KePayload> ke = request.first(KePayload.class);
    Optional<Bytes> nonceI = request.nonce();
    if (sa.isEmpty() || ke.isEmpty() || nonceI.isEmpty() || in.datagram().encrypted().isPresent()) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return Optional.empty();
    }
    if (!NatDetection.isSupported(request)) {
      // Without NAT traversal the peer would send bare ESP, which a pod's sidecar never receives.
      refuse(header, NotifyType.NO_PROPOSAL_CHOSEN, Bytes.EMPTY, in, out);
      return Optional.empty();
    }
    Optional<Proposals.Selected<IkeSuite>> selected =
        acceptable(core, request)
            .flatMap(offer -> Proposals.selectIke(sa.get().proposals(), offer, Bytes.EMPTY));
    if (selected.isEmpty()) {
      refuse(header, NotifyType.NO_PROPOSAL_CHOSEN, Bytes.EMPTY, in, out);
      return Optional.empty();
    }
    IkeSuite suite = selected.get().suite();
    IkeContext ctx = core.ctx();
    int wanted = suite.keyExchange().id();
    if (ke.get().method() != wanted) {
      Bytes method = Bytes.copyOf(new ByteWriter().u16(wanted).toArray());
      refuse(header, NotifyType.INVALID_KE_PAYLOAD, method, in, out);
      return Optional.empty();
    }
    // Here and not by the provider alone: what cannot be computed takes no ration.
    if (ke.get().data().length() != suite.keyExchange().requestLength()) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return Optional.empty();
    }
    if (!ration.takes(suite.keyExchange())) {
      SaCore.drop(DropReason.IKE_KEY_EXCHANGE_RATE, out);
      return Optional.empty();
    }
    Optional<KeyExchangeResponse> keyExchange =
        ctx.crypto().respond(suite.keyExchange(), ctx.random(), ke.get().data().toArray());
    if (keyExchange.isEmpty()) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return Optional.empty();
    }
    Bytes nonceR = core.nonce();
    List<Payload> payloads = new ArrayList<>();
    payloads.add(new SaPayload(List.of(selected.get().answer())));
    payloads.add(new KePayload(wanted, keyExchange.get().publicValue()));
    payloads.add(new NoncePayload(nonceR));
    payloads.add(NotifyPayload.of(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
    if (!suite.additional().isEmpty()) {
      payloads.add(NotifyPayload.of(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
    }
    boolean usesPpk = request.has(NotifyType.USE_PPK) && ctx.peers().usesPpk(in.from().address());
    if (usesPpk) {
      payloads.add(NotifyPayload.of(NotifyType.USE_PPK));
    }
    payloads.addAll(
        NatDetection.notifies(ctx, core.spiInitiator(), core.spiResponder(), in.to(), in.from()));
    // RFC 7383 §2.3: only where the initiator has said so.
    if (request.has(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED)) {
      core.window().sizes().negotiated(true);
      payloads.add(NotifyPayload.of(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED));
    }
    byte[] response =
        MessageEncoder.clear(
            new IkeHeader(
                core.spiInitiator(), core.spiResponder(), ExchangeType.IKE_SA_INIT, false, true, 0),
            payloads);
    core.detectNat(request, in);
    core.session(
        Session.derive(core, suite, keyExchange.get().sharedSecret(), nonceI.get(), nonceR));
    core.window().expectFrom(1);
    out.add(SaCore.answer(response, in));
    return Optional.of(
        IntermediateResponder.after(
            core,
            new AuthMaterial(in.datagram().bytes(), response, nonceI.get(), nonceR, usesPpk),
            suite.additional(),
            now.plus(IkeTimers.HALF_OPEN)));
  }

  /** What the peer at this address, still to be authenticated, may use; empty for nothing. */
  private static Optional<CryptoOffer> acceptable(SaCore core, IkeMessage request) {
    CryptoOffer offer = core.ctx().peers().acceptable(core.remote().address());
    if (request.has(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED)) {
      return Optional.of(offer);
    }
    // RFC 9370 §2.2.1: without IKE_INTERMEDIATE there are no additional key exchanges.
    return offer.requiresAdditional() ? Optional.empty() : Optional.of(offer.withoutAdditional());
  }

  /** An unauthenticated error, smaller than the request it answers (RFC 7296 §2.21.1). */
  private static void refuse(
      IkeHeader request, int notifyType, Bytes data, Input.Received in, List<Action> out) {
    IkeHeader header =
        new IkeHeader(
            request.spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, request.messageId());
    byte[] answer = MessageEncoder.clear(header, List.of(NotifyPayload.of(notifyType, data)));
    if (answer.length > in.datagram().bytes().length) {
      SaCore.drop(DropReason.IKE_NO_ANSWER_DUE, out);
      return;
    }
    out.add(SaCore.answer(answer, in));
  }
}
