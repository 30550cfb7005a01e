package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Stateless cookies: a source proves that it receives what is sent to its address before anything
 * is kept for it (RFC 7296 §2.6). The secret lives as long as the process; the time is in the MAC.
 */
final class Cookies {
  /** A cookie is good in the slice of time it was made in and in the next. */
  private static final Duration SLICE = Duration.ofSeconds(15);

  private final CryptoProvider crypto;
  private final SecretBytes secret;

  Cookies(CryptoProvider crypto, RandomSource random) {
    this.crypto = crypto;
    this.secret = SecretBytes.adopt(random.bytes(32));
  }

  boolean isReturnedBy(Datagram request, Endpoint from, Instant now) {
    IkeMessage message = request.clearMessage();
    // §2.6: a cookie is the first payload.
    if (message.payloads().isEmpty()
        || !(message.payloads().getFirst() instanceof NotifyPayload first)
        || first.notifyType() != NotifyType.COOKIE
        || message.nonce().isEmpty()) {
      return false;
    }
    long slice = slice(now);
    byte[] received = first.data().toArray();
    boolean current = MessageDigest.isEqual(received, cookie(message, from, slice));
    boolean previous = MessageDigest.isEqual(received, cookie(message, from, slice - 1));
    return current || previous;
  }

  /** The answer that asks for the cookie; empty for a request without nonce. */
  Optional<byte[]> challenge(Datagram request, Endpoint from, Instant now) {
    IkeMessage message = request.clearMessage();
    if (message.nonce().isEmpty()) {
      return Optional.empty();
    }
    IkeHeader header =
        new IkeHeader(request.header().spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    List<Payload> payloads =
        List.of(
            NotifyPayload.of(NotifyType.COOKIE, Bytes.copyOf(cookie(message, from, slice(now)))));
    return Optional.of(MessageEncoder.clear(header, payloads));
  }

  /** §2.6: the nonce is covered, so that seeing only the challenge is not enough to answer it. */
  private byte[] cookie(IkeMessage request, Endpoint from, long slice) {
    byte[] data =
        new ByteWriter()
            .u64(request.header().spiInitiator())
            .bytes(from.address().getAddress())
            .u16(from.port())
            .u64(slice)
            .bytes(request.nonce().orElse(Bytes.EMPTY))
            .toArray();
    SecretBytes mac = crypto.prf(PrfAlgorithm.HMAC_SHA2_256).apply(secret, data);
    byte[] cookie = mac.use(byte[]::clone);
    mac.destroy();
    return cookie;
  }

  private static long slice(Instant now) {
    return now.getEpochSecond() / SLICE.toSeconds();
  }
}
