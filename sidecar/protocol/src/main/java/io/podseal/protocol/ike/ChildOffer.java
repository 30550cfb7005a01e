package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
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
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A child SA that we have proposed and the peer has not accepted yet. */
final class ChildOffer {
  private final SaCore core;
  private final ChildTraffic wanted;
  private final boolean mayNarrow;
  private final Bytes nonce;
  private final int inboundSpi;
  private final Optional<KeyExchanges> keys;
  private final List<Proposal> proposals;
  private ChildSa.@Nullable Parameters agreed;

  private ChildOffer(
      SaCore core,
      ChildTraffic wanted,
      boolean mayNarrow,
      Bytes nonce,
      Optional<KeyExchanges> keys) {
    this.core = core;
    this.wanted = wanted;
    this.mayNarrow = mayNarrow;
    this.nonce = nonce;
    this.inboundSpi = core.ctx().spis().allocate();
    this.keys = keys;
    this.proposals =
        Proposals.child(core.peer().child().protocol(), core.peer().crypto(), inboundSpi, pfs());
  }

  /** The child of IKE_AUTH, which takes its keys from the IKE SA's own key exchange. */
  static ChildOffer first(SaCore core, Bytes nonceI) {
    ChildTraffic wanted = ChildSelectors.of(core).wanted(core.remote().address());
    return new ChildOffer(core, wanted, true, nonceI, Optional.empty());
  }

  /** A child with perfect forward secrecy, by CREATE_CHILD_SA. */
  static ChildOffer additional(SaCore core, InetAddress remoteInner) {
    ChildTraffic wanted = ChildSelectors.of(core).wanted(remoteInner);
    return new ChildOffer(core, wanted, true, core.nonce(), Optional.of(keyExchanges(core)));
  }

  /** A child for the traffic of one that it will replace. */
  static ChildOffer successor(SaCore core, ChildTraffic old) {
    return new ChildOffer(core, old, false, core.nonce(), Optional.of(keyExchanges(core)));
  }

  private static KeyExchanges keyExchanges(SaCore core) {
    return new KeyExchanges(core.ctx(), core.peer().crypto().keyExchange());
  }

  private Pfs pfs() {
    return keys.isPresent() ? Pfs.REQUIRED : Pfs.NONE;
  }

  /** What came of an answer. */
  enum Step {
    /** The peer wants another group: ask again. */
    AGAIN,
    /** Another key exchange is to follow. */
    FOLLOWS,
    DONE,
    REFUSED
  }

  /** Whether the next message is an IKE_FOLLOWUP_KE. */
  boolean isFollowing() {
    return agreed != null;
  }

  /** The next message of the exchange. */
  List<Payload> payloads() {
    if (isFollowing()) {
      return keys.orElseThrow().followup();
    }
    List<Payload> payloads = new ArrayList<>();
    if (wanted.mode() == ChildMode.TRANSPORT) {
      payloads.add(NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE));
    }
    if (core.peer().child().protocol() == SecurityProtocol.ESP) {
      payloads.add(NotifyPayload.of(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED));
    }
    payloads.add(new SaPayload(proposals));
    keys.ifPresent(k -> {
      payloads.add(new NoncePayload(nonce));
      payloads.add(k.payload());
    });
    payloads.addAll(ChildSelectors.payloads(wanted.selectors(), true));
    return payloads;
  }

  /** Takes an answer of CREATE_CHILD_SA or IKE_FOLLOWUP_KE. */
  Step answered(IkeMessage answer) {
    KeyExchanges k = keys.orElseThrow();
    if (!isFollowing() && k.beginsAgain(answer)) {
      return Step.AGAIN;
    }
    boolean accepted =
        answer.error().isEmpty()
            && (isFollowing() || answer.nonce().filter(n -> agree(answer, n)).isPresent())
            && k.agree(answer);
    if (!accepted) {
      return Step.REFUSED;
    }
    if (!k.hasNext()) {
      return Step.DONE;
    }
    return k.next(answer) ? Step.FOLLOWS : Step.REFUSED;
  }

  /** Takes the answer of IKE_AUTH; the child it makes, if the answer accepts our offer. */
  Optional<ChildSa> first(IkeMessage answer, Bytes nonceR, Instant now, List<Action> out) {
    return agree(answer, nonceR) ? Optional.of(install(now, out)) : Optional.empty();
  }

  /** Whether the answer is one to our offer, whose terms are kept then. */
  private boolean agree(IkeMessage answer, Bytes nonceR) {
    List<Proposal> answered =
        answer.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<ChildTraffic> traffic =
        ChildSelectors.of(core)
            .accept(answer, wanted)
            // §2.9.2: a successor must not be narrower.
            .filter(t -> mayNarrow || t.succeeds(wanted));
    if (!Proposals.answers(proposals, answered) || traffic.isEmpty()) {
      return false;
    }
    Optional<ChildSuite> suite =
        Proposals.selectChild(
                core.peer().child().protocol(), answered, core.peer().crypto(), pfs(), inboundSpi)
            .<ChildSuite>map(Proposals.Selected::suite)
            .filter(s -> s.keyExchange().equals(keys.map(KeyExchanges::method)));
    int outboundSpi =
        answered.getFirst().spi().length() == 4 ? answered.getFirst().spi().s32(0) : 0;
    if (suite.isEmpty() || !ChildSa.isUsable(outboundSpi)) {
      return false;
    }
    keys.ifPresent(k -> k.follow(suite.get().additional()));
    agreed =
        new ChildSa.Parameters(
            inboundSpi, outboundSpi, suite.get(), true, nonce, nonceR, traffic.get());
    return true;
  }

  /** The lower nonce of the exchange, once it is answered. */
  Bytes lowestNonce() {
    return terms().lowestNonce();
  }

  private ChildSa.Parameters terms() {
    ChildSa.Parameters p = agreed;
    if (p == null) {
      throw new IllegalStateException("no answer has accepted this offer");
    }
    return p;
  }

  /** Derives keys and starts receiving. */
  ChildSa install(Instant now, List<Action> out) {
    ChildSa made =
        ChildSa.install(core, terms(), keys.map(KeyExchanges::secrets).orElse(List.of()), now, out);
    keys.ifPresent(KeyExchanges::destroy);
    return made;
  }

  /** Nothing came of it. */
  void withdraw(Instant now) {
    keys.ifPresent(KeyExchanges::destroy);
    core.ctx().spis().release(inboundSpi, now);
  }
}
