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
import io.podseal.protocol.policy.ChildSuite;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges the child SA that a peer asks for, in IKE_AUTH or CREATE_CHILD_SA, by its selectors and
 * proposals, and words the answer. {@link Agreed#install} makes it.
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

  record Refusal(NotifyPayload error) implements Result {
    static Refusal of(int notifyType) {
      return new Refusal(NotifyPayload.of(notifyType));
    }

    @Override
    public List<Payload> payloads() {
      return List.of(error);
    }
  }

  /**
   * A child that may be made.
   *
   * @param shared secret of the exchange's own key exchange
   */
  record Agreed(
      SaCore core,
      ChildSa.Parameters parameters,
      Optional<SecretBytes> shared,
      List<Payload> payloads)
      implements Result {

    /** Key exchanges that are still to come. */
    List<KeyExchangeMethod> additional() {
      return parameters.suite().additional();
    }

    /** Receiving starts before the answer that lets the peer send (§2.8). */
    ChildSa install(List<SecretBytes> secrets, Instant now, List<Action> out) {
      return ChildSa.install(core, parameters, secrets, now, out);
    }

    /** The same when no key exchange follows. */
    ChildSa install(Instant now, List<Action> out) {
      ChildSa made = install(shared.map(List::of).orElse(List.of()), now, out);
      shared.ifPresent(SecretBytes::destroy);
      return made;
    }

    /** The lower nonce of the exchange. */
    Bytes lowestNonce() {
      return parameters.lowestNonce();
    }
  }

  /** The child of IKE_AUTH: keys come from IKE_SA_INIT's nonces, without a KE (RFC 7296 §1.2). */
  Result first(Bytes nonceI, Bytes nonceR) {
    return negotiate(Pfs.NONE, nonceI, nonceR, Optional.empty());
  }

  /** A child of CREATE_CHILD_SA. */
  Result additional(Bytes nonceI) {
    return negotiate(Pfs.REQUIRED, nonceI, core.nonce(), Optional.empty());
  }

  /** The successor of {@code old}. */
  Result successor(ChildSa old, Bytes nonceI) {
    Optional<ChildTraffic> replaced = Optional.of(old.parameters().traffic());
    return negotiate(Pfs.REQUIRED, nonceI, core.nonce(), replaced);
  }

  private Result negotiate(Pfs pfs, Bytes nonceI, Bytes nonceR, Optional<ChildTraffic> replaced) {
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
    Result result = agree(pfs, inboundSpi, nonceI, nonceR, choice.get());
    if (result instanceof Refusal) {
      core.ctx().spis().takeBack(inboundSpi);
    }
    return result;
  }

  private Result agree(
      Pfs pfs, int inboundSpi, Bytes nonceI, Bytes nonceR, ChildSelectors.Choice choice) {
    List<Proposal> offered =
        request.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<Proposals.Selected<? extends ChildSuite>> selected =
        Proposals.selectChild(
            core.peer().child().protocol(), offered, core.peer().crypto(), pfs, inboundSpi);
    Optional<Integer> outboundSpi =
        selected.map(s -> s.offered().spi().s32(0)).filter(ChildSa::isUsable);
    // RFC 3948 §1: AH protects the addresses, which a NAT changes.
    boolean through =
        core.peer().child().protocol() != SecurityProtocol.AH || !core.encapsulatesEsp();
    if (selected.isEmpty() || outboundSpi.isEmpty() || !through) {
      return Refusal.of(NotifyType.NO_PROPOSAL_CHOSEN);
    }
    ChildSuite suite = selected.get().suite();
    Optional<KeyExchangeResponse> agreed = Optional.empty();
    if (suite.keyExchange().isPresent()) {
      KeyExchangeMethod method = suite.keyExchange().get();
      Optional<KePayload> theirs = request.first(KePayload.class);
      if (theirs.filter(ke -> ke.method() == method.id()).isEmpty()) {
        return new Refusal(wants(method));
      }
      agreed =
          core.ctx().crypto().respond(method, core.ctx().random(), theirs.get().data().toArray());
      if (agreed.isEmpty()) {
        return Refusal.of(NotifyType.INVALID_SYNTAX);
      }
    }
    List<Payload> answer = new ArrayList<>();
    if (choice.traffic().mode() == ChildMode.TRANSPORT) {
      answer.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    }
    if (choice.additionalPossible()) {
      answer.add(NotifyPayload.of(NotifyType.ADDITIONAL_TS_POSSIBLE));
    }
    if (suite.protocol() == SecurityProtocol.ESP) {
      answer.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    }
    answer.add(new SaPayload(List.of(selected.get().answer())));
    if (pfs != Pfs.NONE) {
      answer.add(new NoncePayload(nonceR));
    }
    agreed.ifPresent(
        a -> answer.add(new KePayload(suite.keyExchange().orElseThrow().id(), a.publicValue())));
    answer.addAll(ChildSelectors.payloads(choice.answer(), false));
    return new Agreed(
        core,
        new ChildSa.Parameters(
            inboundSpi, outboundSpi.get(), suite, false, nonceI, nonceR, choice.traffic()),
        agreed.map(KeyExchangeResponse::sharedSecret),
        answer);
  }

  /** §1.2: names the group that the peer is to begin again in. */
  static NotifyPayload wants(KeyExchangeMethod method) {
    return NotifyPayload.of(
        NotifyType.INVALID_KE_PAYLOAD, Bytes.copyOf(new ByteWriter().u16(method.id()).toArray()));
  }
}
