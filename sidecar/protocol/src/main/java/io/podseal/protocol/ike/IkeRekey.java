package io.podseal.protocol.ike;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rekeys the IKE SA in place (RFC 7296 §1.3.2): the new one inherits the children, the old one is
 * deleted. IKE_FOLLOWUP_KE goes between for each additional key exchange (RFC 9370).
 *
 * <pre>
 * SK{SA(IKE, new SPIi), Ni, KEi}  -->
 *                                 <--  SK{SA(IKE, new SPIr), Nr, KEr}
 * SK{D(IKE)} on the old one  -->
 * </pre>
 */
final class IkeRekey implements Exchange {
  private final Established sa;
  private final Bytes nonce;
  private final long spi;
  private @Nullable KeyExchanges keys;
  private @Nullable Rekeyed agreed;

  /** To CREATE_CHILD_SA; it may hold the new SA's token (RFC 6290 §4.3). */
  private @Nullable IkeMessage answer;

  IkeRekey(Established sa) {
    this.sa = sa;
    this.nonce = sa.core().nonce();
    this.spi = sa.core().ctx().randomIkeSpi();
  }

  @Override
  public ExchangeType type() {
    return agreed == null ? ExchangeType.CREATE_CHILD_SA : ExchangeType.IKE_FOLLOWUP_KE;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    KeyExchanges k = keys;
    if (k == null) {
      if (sa.succession().isOver()) {
        return Optional.empty();
      }
      if (sa.isAnswering() || !hasRoom()) {
        retry(now);
        return Optional.empty();
      }
      k = new KeyExchanges(sa.core().ctx(), crypto().keyExchange());
      keys = k;
      sa.core().ctx().offeredIkeSpis().add(spi);
    }
    return Optional.of(
        agreed != null
            ? k.followup()
            : List.of(new SaPayload(offer()), new NoncePayload(nonce), k.payload()));
  }

  /** Otherwise a new one would come before enough of the old ones are gone. */
  private boolean hasRoom() {
    SaCore core = sa.core();
    return core.ctx().peers().hasRoomForRekey(core.peer().identity());
  }

  private CryptoOffer crypto() {
    return sa.core().peer().crypto().forRekeyOfIke(sa.core().session().suite().prf());
  }

  private List<Proposal> offer() {
    return Proposals.ike(crypto(), Bytes.ofLong(spi));
  }

  @Override
  public void abandon(Instant now) {
    KeyExchanges k = keys;
    if (k != null) {
      k.destroy();
      keys = null;
      sa.core().ctx().offeredIkeSpis().remove(spi);
    }
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    KeyExchanges k = keys;
    if (k == null) {
      return sa;
    }
    if (!sa.isClosing() && agreed == null && k.beginsAgain(message)) {
      return sa.goOn(this, now, out);
    }
    boolean accepted =
        message.error().isEmpty() && (agreed != null || agree(message, k)) && k.agree(message);
    if (!accepted) {
      abandon(now);
      return sa.isClosing() ? sa : failed(message.error(), now, out);
    }
    if (!k.hasNext()) {
      return succeeded(k, now, out);
    }
    if (sa.isClosing()) {
      abandon(now);
      return sa;
    }
    if (hasLost() || !k.next(message)) {
      // RFC 9370 §2.2.4: whoever loses a crossing never begins its further key exchanges.
      abandon(now);
      retry(now);
      return sa;
    }
    return sa.goOn(this, now, out);
  }

  private boolean agree(IkeMessage message, KeyExchanges k) {
    List<Proposal> answered =
        message.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    if (!Proposals.answers(offer(), answered) || message.nonce().isEmpty()) {
      return false;
    }
    Optional<IkeSuite> suite =
        Proposals.selectIke(answered, crypto(), Bytes.ofLong(spi))
            .map(Proposals.Selected::suite)
            .filter(s -> s.keyExchange() == k.method());
    if (suite.isEmpty() || answered.getFirst().spi().s64(0) == 0) {
      return false;
    }
    k.follow(suite.get().additional());
    long theirSpi = answered.getFirst().spi().s64(0);
    answer = message;
    agreed = new Rekeyed(true, spi, theirSpi, suite.get(), nonce, message.nonce().get());
    return true;
  }

  /** §2.8.2: the SA whose exchange holds the lowest of the four nonces goes. */
  private boolean hasLost() {
    Rekeyed ours = agreed;
    Optional<Bytes> theirs = sa.succession().crossingNonce();
    return ours != null && theirs.filter(n -> ours.lowestNonce().compareTo(n) < 0).isPresent();
  }

  private State succeeded(KeyExchanges k, Instant now, List<Action> out) {
    Rekeyed terms = agreed;
    if (terms == null) {
      throw new IllegalStateException("keys without terms");
    }
    boolean lost = hasLost();
    Established ours = sa.successor(terms, k.secrets(), now);
    if (answer != null) {
      ours.core().crashes().learn(answer);
    }
    abandon(now);
    if (sa.isClosing()) {
      // The peer has it, and its children: our Delete of the old SA does not reach them (§1.4.1).
      ours.close(sa.closeReason(), now, out);
      return sa;
    }
    Established theirs = sa.succession().crossing().orElse(null);
    if (lost) {
      // §2.8.2: it is closed by the end that began it; the other's initiator deletes the old SA.
      ours.close(CloseReason.CROSSED, now, out);
      if (theirs != null) {
        sa.succession().yieldTo(theirs, now, out);
      }
      return sa;
    }
    sa.succession().yieldTo(ours, now, out);
    if (theirs != null) {
      theirs.succession().retire(now);
    }
    return sa.close(CloseReason.REKEYED, now, out);
  }

  private State failed(Optional<NotifyPayload> error, Instant now, List<Action> out) {
    Optional<Established> theirs = sa.succession().crossing();
    if (theirs.isPresent()) {
      // The peer did not see ours in time: its own rekey stands.
      sa.succession().yieldTo(theirs.get(), now, out);
      return sa;
    }
    if (sa.succession().isOver()) {
      return sa;
    }
    if (error.isEmpty()) {
      // §1.3.1: the peer has an IKE SA now that we cannot take, and may have moved the children.
      sa.core().refused(false, "", "rekey of the IKE SA answered with what was not asked for", out);
      return sa.close(AuthInitiator.closeReason(error), now, out);
    }
    int type = error.get().notifyType();
    if (type == NotifyType.TEMPORARY_FAILURE
        || type == NotifyType.STATE_NOT_FOUND
        || sa.succession().crossingNonce().isPresent()) {
      retry(now);
      return sa;
    }
    sa.core().refused(true, NotifyType.name(type), "rekey of the IKE SA refused", out);
    sa.lifetime().cannotRekey(now);
    return sa;
  }

  /** For nothing if the peer's rekey comes to its end before. */
  private void retry(Instant now) {
    sa.lifetime().rekeyAt(now.plus(Jitter.pauseAfterRefusal(sa.core().ctx().random())));
  }
}
