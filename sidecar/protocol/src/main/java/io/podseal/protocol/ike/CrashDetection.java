package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.keymat.QcdToken;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells a peer that restarted from a stranger who says so (RFC 6290). While an IKE SA stands, each
 * end may leave a token with the other; shown in clear later, it proves that its maker has lost
 * that SA.
 */
public final class CrashDetection {
  /** RFC 6290 §4.1. */
  private static final int LEAST = 16;

  private static final int MOST = 128;

  /** Of ours, so that no message outgrows what the peer reads (§4.5). */
  private static final int MOST_PROOFS = 4;

  private @Nullable SecretBytes peers;

  /**
   * What proves, or will prove, that we have lost the IKE SA of these SPIs; nothing without a
   * secret that outlives us. The caller makes sure that no such SA is left before it is shown in
   * clear.
   */
  public static List<NotifyPayload> proof(IkeContext ctx, long spiI, long spiR) {
    return ctx.options().qcdSecret().stream()
        .map(secret -> {
          // A restarted pod no longer knows the suite of the SA: one PRF for all.
          Bytes token =
              QcdToken.of(ctx.crypto().prf(PrfAlgorithm.HMAC_SHA2_256), secret, spiI, spiR);
          return new NotifyPayload(
              Proposal.IKE, Bytes.EMPTY, NotifyType.QUICK_CRASH_DETECTION, token);
        })
        .toList();
  }

  /** Keeps the token of a protected message, in the place of an earlier one. */
  void learn(IkeMessage message) {
    Optional<Bytes> token =
        message
            .notify(NotifyType.QUICK_CRASH_DETECTION)
            .map(NotifyPayload::data)
            .filter(t -> t.length() >= LEAST && t.length() <= MOST);
    if (token.isPresent()) {
      destroy();
      peers = SecretBytes.adopt(token.get().toArray());
    }
  }

  /** Whether an answer in clear shows the token that its maker left with us. */
  boolean isProvenBy(IkeMessage answer) {
    SecretBytes kept = peers;
    return kept != null
        && answer.has(NotifyType.INVALID_IKE_SPI)
        && answer.all(NotifyPayload.class).stream()
            .filter(n -> n.notifyType() == NotifyType.QUICK_CRASH_DETECTION)
            .limit(MOST_PROOFS)
            .anyMatch(n -> kept.use(k -> MessageDigest.isEqual(k, n.data().toArray())));
  }

  void destroy() {
    if (peers != null) {
      peers.destroy();
      peers = null;
    }
  }
}
