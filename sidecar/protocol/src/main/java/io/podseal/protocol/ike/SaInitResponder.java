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
  static Optional<State> answer(SaCore core, Input.Received in, Instant now, List<Action> out) {
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
        Proposals.selectIke(sa.get().proposals(), CryptoOffer.DEFAULT, Bytes.EMPTY);
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
    Optional<KeyExchangeResponse> keyExchange =
        ctx.crypto().respond(suite.keyExchange(), ctx.random(), ke.get().data().toArray());
    if (keyExchange.isEmpty()) {
      SaCore.drop(DropReason.IKE_PAYLOAD_SYNTAX, out);
      return Optional.empty();
    }
    Bytes nonceR = Bytes.copyOf(ctx.random().bytes(Limits.NONCE_LENGTH));
    List<Payload> payloads = new ArrayList<>();
    payloads.add(new SaPayload(List.of(selected.get().answer())));
    payloads.add(new KePayload(wanted, keyExchange.get().publicValue()));
    payloads.add(new NoncePayload(nonceR));
    payloads.add(NotifyPayload.of(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
    payloads.addAll(
        NatDetection.notifies(
            ctx.crypto(), ctx.random(), core.spiInitiator(), core.spiResponder(), in.from()));
    byte[] response =
        MessageEncoder.clear(
            new IkeHeader(
                core.spiInitiator(), core.spiResponder(), ExchangeType.IKE_SA_INIT, false, true, 0),
            payloads);
    core.behindNat(NatDetection.weAreBehindNat(ctx.crypto(), request, in.to()));
    core.session(
        Session.derive(core, suite, keyExchange.get().sharedSecret(), nonceI.get(), nonceR));
    core.window().expectFrom(1);
    out.add(SaCore.answer(response, in));
    return Optional.of(
        new AuthResponder(
            core,
            new AuthMaterial(in.datagram().bytes(), response, nonceI.get(), nonceR),
            now.plus(IkeTimers.HALF_OPEN)));
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
