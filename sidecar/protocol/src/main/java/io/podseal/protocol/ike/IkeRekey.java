package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.message.ExchangeType;
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
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rekeys the IKE SA in place (RFC 7296 §1.3.2): the new one inherits the children, the old one is
 * deleted.
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
  private @Nullable KeyExchange keyExchange;
  private List<Proposal> offer = List.of();

  IkeRekey(Established sa) {
    this.sa = sa;
    this.nonce = sa.core().nonce();
    this.spi = sa.core().ctx().randomIkeSpi();
  }

  @Override
  public ExchangeType type() {
    return ExchangeType.CREATE_CHILD_SA;
  }

  @Override
  public Optional<List<Payload>> request(Instant now) {
    if (sa.succession().isRekeyed()) {
      return Optional.empty();
    }
    IkeContext ctx = sa.core().ctx();
    IkeSuite suite = sa.core().session().suite();
    KeyExchange ke = ctx.crypto().keyExchange(suite.keyExchange(), ctx.random());
    // The PRF stays: peers disagree on whose prf+ derives the keys of an SA that changes it.
    offer = Proposals.ike(sa.core().peer().crypto().forRekeyOfIke(suite.prf()), Bytes.ofLong(spi));
    keyExchange = ke;
    return Optional.of(
        List.of(
            new SaPayload(offer),
            new NoncePayload(nonce),
            new KePayload(ke.method().id(), Bytes.copyOf(ke.publicValue()))));
  }

  @Override
  public void abandon(Instant now) {
    KeyExchange ke = keyExchange;
    if (ke != null) {
      ke.destroy();
      keyExchange = null;
    }
  }

  @Override
  public State onResponse(IkeMessage message, Instant now, List<Action> out) {
    KeyExchange ke = keyExchange;
    if (ke == null || sa.isClosing()) {
      abandon(now);
      return sa;
    }
    Optional<Established> made = complete(message, ke, now);
    abandon(now);
    if (made.isEmpty()) {
      return failed(message.error(), now, out);
    }
    Established ours = made.get();
    Established theirs = sa.succession().crossing().orElse(null);
    // §2.8.2: the SA whose exchange holds the lowest of the four nonces is closed by the end that
    // began it; whoever began the other one deletes the old SA.
    if (theirs != null
        && ours.succession().lowestNonce().compareTo(theirs.succession().lowestNonce()) < 0) {
      ours.close(CloseReason.CROSSED, now, out);
      sa.succession().yieldTo(theirs, now, out);
      return sa;
    }
    sa.succession().yieldTo(ours, now, out);
    if (theirs != null) {
      theirs.succession().retire(now);
    }
    return sa.close(CloseReason.REKEYED, now, out);
  }

  private Optional<Established> complete(IkeMessage message, KeyExchange ke, Instant now) {
    List<Proposal> answered =
        message.first(SaPayload.class).map(SaPayload::proposals).orElse(List.of());
    Optional<KePayload> theirKe = message.first(KePayload.class);
    if (message.error().isPresent()
        || !Proposals.answers(offer, answered)
        || answered.getFirst().spi().length() != Proposal.IKE_SPI_LENGTH
        || theirKe.isEmpty()
        || message.nonce().isEmpty()) {
      return Optional.empty();
    }
    Optional<IkeSuite> suite =
        Proposals.selectIke(answered, sa.core().peer().crypto(), Bytes.ofLong(spi))
            .map(Proposals.Selected::suite)
            .filter(s -> s.keyExchange() == ke.method());
    long theirSpi = answered.getFirst().spi().s64(0);
    if (suite.isEmpty() || theirSpi == 0) {
      return Optional.empty();
    }
    Optional<SecretBytes> shared = ChildOffer.agree(ke, theirKe.get());
    return shared.map(
        s -> sa.successor(true, spi, theirSpi, suite.get(), s, nonce, message.nonce().get(), now));
  }

  private State failed(Optional<NotifyPayload> error, Instant now, List<Action> out) {
    Optional<Established> theirs = sa.succession().crossing();
    if (theirs.isPresent()) {
      // The peer did not see ours in time: its own rekey stands.
      sa.succession().yieldTo(theirs.get(), now, out);
      return sa;
    }
    if (sa.succession().isRekeyed()) {
      return sa;
    }
    int type = error.map(NotifyPayload::notifyType).orElse(0);
    if (type == NotifyType.TEMPORARY_FAILURE) {
      sa.retryRekeyAt(now.plus(IkeTimers.TEMPORARY_FAILURE_BACKOFF));
      return sa;
    }
    sa.core().refused(error.isPresent(), NotifyType.name(type), "rekey of the IKE SA refused", out);
    // §1.3.2: a peer that will not rekey is authenticated anew.
    sa.retryReplacementAt(now);
    return sa;
  }
}
