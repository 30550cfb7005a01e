package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A child SA that we have proposed and the peer has not accepted yet. */
final class ChildOffer {
  private final SaCore core;
  private final ChildTraffic wanted;
  private final boolean mayNarrow;
  private final int inboundSpi;
  private final Optional<KeyExchange> keyExchange;
  private final List<Proposal> proposals;

  private ChildOffer(
      SaCore core, ChildTraffic wanted, boolean mayNarrow, Optional<KeyExchange> keyExchange) {
    this.core = core;
    this.wanted = wanted;
    this.mayNarrow = mayNarrow;
    this.inboundSpi = core.ctx().spis().allocate();
    this.keyExchange = keyExchange;
    this.proposals = Proposals.esp(core.peer().crypto(), inboundSpi, pfs());
  }

  /** The child of IKE_AUTH, which takes its keys from the IKE SA's own key exchange. */
  static ChildOffer first(SaCore core) {
    ChildTraffic wanted = ChildSelectors.of(core).wanted(core.remote().address());
    return new ChildOffer(core, wanted, true, Optional.empty());
  }

  /** A child with perfect forward secrecy, by CREATE_CHILD_SA. */
  static ChildOffer additional(SaCore core, InetAddress remoteInner) {
    ChildTraffic wanted = ChildSelectors.of(core).wanted(remoteInner);
    return new ChildOffer(core, wanted, true, Optional.of(keyExchange(core)));
  }

  /** A child for the traffic of one that it will replace. */
  static ChildOffer successor(SaCore core, ChildTraffic old) {
    return new ChildOffer(core, old, false, Optional.of(keyExchange(core)));
  }

  private static KeyExchange keyExchange(SaCore core) {
    IkeContext ctx = core.ctx();
    return ctx.crypto().keyExchange(core.peer().crypto().keyExchange().getFirst(), ctx.random());
  }

  private Pfs pfs() {
    return keyExchange.isPresent() ? Pfs.REQUIRED : Pfs.NONE;
  }

  /** Mode and SA; nonce and KE are the exchange's. */
  List<Payload> payloads() {
    List<Payload> payloads = new ArrayList<>();
    if (wanted.mode() == ChildMode.TRANSPORT) {
      payloads.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    }
    payloads.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    payloads.add(new SaPayload(proposals));
    return payloads;
  }

  List<TsPayload> selectors() {
    return ChildSelectors.payloads(wanted.selectors(), true);
  }

  Optional<KePayload> kePayload() {
    return keyExchange.map(ke -> new KePayload(ke.method().id(), Bytes.copyOf(ke.publicValue())));
  }

  /** The child that a CREATE_CHILD_SA answer makes of it, if the answer accepts it as it is. */
  Optional<ChildSa> accept(IkeMessage answer, Bytes nonceI, Instant now, List<Action> out) {
    return answer.error().isEmpty() && answer.nonce().isPresent()
        ? complete(answer, nonceI, answer.nonce().get(), now, out)
        : Optional.empty();
  }

  /**
   * Derives keys from the peer's answer and starts receiving.
   *
   * @return empty when the answer is not one to our proposal
   */
  Optional<ChildSa> complete(
      IkeMessage answer, Bytes nonceI, Bytes nonceR, Instant now, List<Action> out) {
    Optional<ChildTraffic> traffic =
        ChildSelectors.of(core)
            .accept(answer, wanted)
            // §2.9.2: a successor must not be narrower.
            .filter(t -> mayNarrow || t.succeeds(wanted));
    if (traffic.isEmpty()) {
      return Optional.empty();
    }
    List<Proposal> answered =
        answer.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    if (!Proposals.answers(proposals, answered)) {
      return Optional.empty();
    }
    Optional<EspSuite> suite =
        Proposals.selectEsp(answered, core.peer().crypto(), pfs(), inboundSpi)
            .map(Proposals.Selected::suite);
    int outboundSpi =
        answered.getFirst().spi().length() == 4 ? answered.getFirst().spi().s32(0) : 0;
    if (suite.isEmpty() || !ChildSa.isUsable(outboundSpi)) {
      return Optional.empty();
    }
    Optional<SecretBytes> shared = Optional.empty();
    if (keyExchange.isPresent()) {
      shared = answer.first(KePayload.class).flatMap(ke -> agree(keyExchange.get(), ke));
      if (shared.isEmpty()) {
        return Optional.empty();
      }
      keyExchange.get().destroy();
    }
    return Optional.of(
        ChildSa.install(
            core,
            new ChildSa.Parameters(
                inboundSpi, outboundSpi, suite.get(), true, nonceI, nonceR, traffic.get()),
            shared,
            now,
            out));
  }

  static Optional<SecretBytes> agree(KeyExchange ours, KePayload theirs) {
    return theirs.method() == ours.method().id()
        ? ours.sharedSecret(theirs.data().toArray())
        : Optional.empty();
  }

  /** Nothing came of it. */
  void withdraw(Instant now) {
    keyExchange.ifPresent(KeyExchange::destroy);
    core.ctx().spis().release(inboundSpi, now);
  }
}
