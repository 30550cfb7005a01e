package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers CREATE_CHILD_SA requests that replace a child (RFC 7296 §1.3.3, §2.25.1). */
final class ChildRekeyResponder {
  private ChildRekeyResponder() {}

  /** The payloads of the answer; a new child is installed for receiving first. */
  static List<Payload> answer(
      Established sa, IkeMessage request, Input.Received in, Instant now, List<Action> out) {
    Optional<NotifyPayload> rekey = request.notify(NotifyType.REKEY_SA);
    Optional<SaPayload> proposals = request.first(SaPayload.class);
    Optional<Bytes> nonceI = request.nonce();
    if (proposals.isEmpty() || nonceI.isEmpty()) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    if (rekey.isEmpty()) {
      // One child per IKE SA, and no rekeying of the IKE SA in place: it is replaced whole
      // (§2.8.3).
      return error(NotifyType.NO_ADDITIONAL_SAS);
    }
    // CVE-2023-38710: never echo a protocol or SPI that was not checked.
    if (rekey.get().protocol() != Proposal.ESP || rekey.get().spi().length() != 4) {
      return error(NotifyType.INVALID_SYNTAX);
    }
    int spi = rekey.get().spi().s32(0);
    Optional<ChildSa> old = sa.children().byOutbound(spi);
    if (old.isEmpty() || old.get().stage() == ChildSa.Stage.LINGERING) {
      return List.of(NotifyPayload.aboutEsp(NotifyType.CHILD_SA_NOT_FOUND, spi));
    }
    if (!old.get().isUsable() || sa.isClosing()) {
      return error(NotifyType.TEMPORARY_FAILURE);
    }
    return create(sa, old.get(), request, nonceI.get(), in, now, out);
  }

  private static List<Payload> create(
      Established sa,
      ChildSa old,
      IkeMessage request,
      Bytes nonceI,
      Input.Received in,
      Instant now,
      List<Action> out) {
    SaCore core = sa.core();
    IkeContext ctx = core.ctx();
    Optional<InetAddress> address =
        TransportSelectors.peerAddress(
            request, core.peer().addresses(), core.localAddress(), core.behindNat());
    // §2.9.2: a rekey must not narrow, and ours is bound to the one address.
    if (address.filter(old.parameters().remoteInner()::equals).isEmpty()) {
      return error(NotifyType.TS_UNACCEPTABLE);
    }
    if (!request.has(NotifyType.USE_TRANSPORT_MODE)) {
      return error(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    List<Proposal> offered = request.first(SaPayload.class).orElseThrow().proposals();
    int inboundSpi = ctx.spis().allocate();
    Optional<Proposals.Selected<EspSuite>> selected =
        Proposals.selectEsp(offered, core.peer().crypto(), Pfs.REQUIRED, inboundSpi);
    Optional<Integer> outboundSpi =
        selected.map(s -> s.offered().spi().s32(0)).filter(ChildSa::isUsable);
    if (selected.isEmpty() || outboundSpi.isEmpty()) {
      ctx.spis().release(inboundSpi, now);
      return error(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    EspSuite suite = selected.get().suite();
    KeyExchangeMethod method = suite.keyExchange().orElseThrow();
    Optional<KePayload> theirs = request.first(KePayload.class);
    if (theirs.filter(ke -> ke.method() == method.id()).isEmpty()) {
      ctx.spis().release(inboundSpi, now);
      byte[] wanted = {(byte) (method.id() >>> 8), (byte) method.id()};
      return List.of(NotifyPayload.of(NotifyType.INVALID_KE_PAYLOAD, Bytes.copyOf(wanted)));
    }
    Optional<KeyExchangeResponse> keyExchange =
        ctx.crypto().respond(method, ctx.random(), theirs.get().data().toArray());
    if (keyExchange.isEmpty()) {
      ctx.spis().release(inboundSpi, now);
      return error(NotifyType.INVALID_SYNTAX);
    }
    Bytes nonceR = Bytes.copyOf(ctx.random().bytes(Limits.NONCE_LENGTH));
    ChildSa made =
        ChildSa.install(
            core,
            new ChildSa.Parameters(
                inboundSpi, outboundSpi.get(), suite, false, nonceI, nonceR, address.get()),
            keyExchange.map(KeyExchangeResponse::sharedSecret),
            now,
            out);
    sa.rekeyedByPeer(old, made, now);
    List<Payload> answer = new ArrayList<>();
    answer.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    answer.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    answer.add(new SaPayload(List.of(selected.get().answer())));
    answer.add(new NoncePayload(nonceR));
    answer.add(new KePayload(method.id(), keyExchange.get().publicValue()));
    answer.addAll(TransportSelectors.of(in.from().address(), core.localAddress()));
    return answer;
  }

  private static List<Payload> error(int notifyType) {
    return List.of(NotifyPayload.of(notifyType));
  }
}
