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
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes the child SA that a peer asks for, in IKE_AUTH or CREATE_CHILD_SA: judges its selectors and
 * proposals, installs it for receiving, and words the answer.
 */
final class ChildResponder {
  private final SaCore core;
  private final IkeMessage request;
  private final Input.Received in;

  ChildResponder(SaCore core, IkeMessage request, Input.Received in) {
    this.core = core;
    this.request = request;
    this.in = in;
  }

  /** What came of it. */
  sealed interface Result {
    /** The payloads of the answer, or the error notify. */
    List<Payload> payloads();
  }

  record Made(ChildSa child, List<Payload> payloads) implements Result {}

  record Refusal(NotifyPayload error) implements Result {
    static Refusal of(int notifyType) {
      return new Refusal(NotifyPayload.of(notifyType));
    }

    @Override
    public List<Payload> payloads() {
      return List.of(error);
    }
  }

  /** The child of IKE_AUTH: keys come from IKE_SA_INIT's nonces, without a KE (RFC 7296 §1.2). */
  Result first(Bytes nonceI, Bytes nonceR, Instant now, List<Action> out) {
    return negotiate(false, nonceI, nonceR, Optional.empty(), now, out);
  }

  /** A child of CREATE_CHILD_SA. */
  Result additional(Bytes nonceI, Instant now, List<Action> out) {
    return negotiate(true, nonceI, core.nonce(), Optional.empty(), now, out);
  }

  /** The successor of {@code old}. */
  Result successor(ChildSa old, Bytes nonceI, Instant now, List<Action> out) {
    return negotiate(true, nonceI, core.nonce(), Optional.of(old.parameters().traffic()), now, out);
  }

  private Result negotiate(
      boolean pfs,
      Bytes nonceI,
      Bytes nonceR,
      Optional<ChildTraffic> replaced,
      Instant now,
      List<Action> out) {
    ChildSelectors selectors = ChildSelectors.of(core);
    InetAddress source = in.from().address();
    if (selectors.lacksOnlyTransportMode(request, source)) {
      return Refusal.of(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    Optional<ChildSelectors.Choice> choice =
        selectors
            .choose(request, source)
            // §2.9.2: a rekey must not narrow.
            .filter(c -> replaced.isEmpty() || c.traffic().succeeds(replaced.get()));
    if (choice.isEmpty()) {
      return Refusal.of(NotifyType.TS_UNACCEPTABLE);
    }
    int inboundSpi = core.ctx().spis().allocate();
    Result result = agree(pfs, inboundSpi, nonceI, nonceR, choice.get(), now, out);
    if (result instanceof Refusal) {
      core.ctx().spis().release(inboundSpi, now);
    }
    return result;
  }

  private Result agree(
      boolean pfs,
      int inboundSpi,
      Bytes nonceI,
      Bytes nonceR,
      ChildSelectors.Choice choice,
      Instant now,
      List<Action> out) {
    List<Proposal> offered =
        request.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<Proposals.Selected<EspSuite>> selected =
        Proposals.selectEsp(
            offered, core.peer().crypto(), pfs ? Pfs.REQUIRED : Pfs.NONE, inboundSpi);
    Optional<Integer> outboundSpi =
        selected.map(s -> s.offered().spi().s32(0)).filter(ChildSa::isUsable);
    if (selected.isEmpty() || outboundSpi.isEmpty()) {
      return Refusal.of(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    EspSuite suite = selected.get().suite();
    Optional<SecretBytes> shared = Optional.empty();
    Optional<KePayload> ourKe = Optional.empty();
    if (suite.keyExchange().isPresent()) {
      KeyExchangeMethod method = suite.keyExchange().get();
      Optional<KePayload> theirs = request.first(KePayload.class);
      if (theirs.filter(ke -> ke.method() == method.id()).isEmpty()) {
        Bytes wanted = Bytes.copyOf(new ByteWriter().u16(method.id()).toArray());
        return new Refusal(NotifyPayload.of(NotifyType.INVALID_KE_PAYLOAD, wanted));
      }
      Optional<KeyExchangeResponse> agreed =
          core.ctx().crypto().respond(method, core.ctx().random(), theirs.get().data().toArray());
      if (agreed.isEmpty()) {
        return Refusal.of(NotifyType.INVALID_SYNTAX);
      }
      shared = agreed.map(KeyExchangeResponse::sharedSecret);
      ourKe = agreed.map(a -> new KePayload(method.id(), a.publicValue()));
    }
    // Receiving starts before the answer that lets the peer send (§2.8).
    ChildSa made =
        ChildSa.install(
            core,
            new ChildSa.Parameters(
                inboundSpi, outboundSpi.get(), suite, false, nonceI, nonceR, choice.traffic()),
            shared,
            now,
            out);
    List<Payload> answer = new ArrayList<>();
    if (choice.traffic().mode() == ChildMode.TRANSPORT) {
      answer.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    }
    if (choice.additionalPossible()) {
      answer.add(NotifyPayload.of(NotifyType.ADDITIONAL_TS_POSSIBLE));
    }
    answer.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    answer.add(new SaPayload(List.of(selected.get().answer())));
    if (pfs) {
      answer.add(new NoncePayload(nonceR));
    }
    ourKe.ifPresent(answer::add);
    answer.addAll(ChildSelectors.payloads(choice.answer(), false));
    return new Made(made, answer);
  }
}
