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
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Stateless cookies: a source proves that it receives what is sent to its address before anything
 * is kept for it (RFC 7296 §2.6). The time is in the MAC; the secret changes now and then, and its
 * number stands before the MAC.
 *
 * <pre>
 * number of the secret (1) | prf(secret, SPIi | address | port | time | Ni) (32)
 * </pre>
 */
final class Cookies {
  /** A cookie is good in the slice of time it was made in and in the next. */
  private static final Duration SLICE = Duration.ofSeconds(15);

  /** §2.6: a new secret from time to time. Longer than any cookie of the one before is good. */
  private static final Duration SECRET_LIFETIME = Duration.ofMinutes(2);

  /** Header 28, notify 8, number 1, MAC 32. */
  private static final int CHALLENGE_LENGTH = 69;

  private final CryptoProvider crypto;
  private final RandomSource random;
  private SecretBytes current;
  private SecretBytes previous;
  private int number;
  private Instant renewAt = Instant.MIN;

  Cookies(CryptoProvider crypto, RandomSource random) {
    this.crypto = crypto;
    this.random = random;
    this.current = newSecret();
    this.previous = current.copy();
  }

  /** What a table of sources hashes with, so that they cannot choose their places in it. */
  long hashKey() {
    SecretBytes key =
        crypto.prf(PrfAlgorithm.HMAC_SHA2_256).apply(current, new byte[] {'h', 'a', 's', 'h'});
    long first = key.use(k -> ByteBuffer.wrap(k).getLong());
    key.destroy();
    return first;
  }

  private SecretBytes newSecret() {
    return SecretBytes.adopt(random.bytes(32));
  }

  private void renew(Instant now) {
    if (renewAt.equals(Instant.MIN)) {
      renewAt = now.plus(SECRET_LIFETIME);
    } else if (!now.isBefore(renewAt)) {
      previous.destroy();
      previous = current;
      current = newSecret();
      number = (number + 1) & 0xff;
      renewAt = now.plus(SECRET_LIFETIME);
    }
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
    renew(now);
    byte[] received = first.data().toArray();
    if (received.length == 0) {
      return false;
    }
    int age = (number - received[0]) & 0xff;
    if (age > 1) {
      return false;
    }
    SecretBytes secret = age == 0 ? current : previous;
    long slice = slice(now);
    boolean fresh = MessageDigest.isEqual(received, cookie(message, from, slice, secret, age));
    boolean older = MessageDigest.isEqual(received, cookie(message, from, slice - 1, secret, age));
    return fresh || older;
  }

  /**
   * Whether a request can be asked for a cookie: it has the nonce that goes into one, and is no
   * shorter than what asks for it.
   */
  static boolean canBeAsked(Datagram request) {
    return request.bytes().length >= CHALLENGE_LENGTH && request.clearMessage().nonce().isPresent();
  }

  /** The answer that asks for the cookie. */
  byte[] challenge(Datagram request, Endpoint from, Instant now) {
    IkeMessage message = request.clearMessage();
    renew(now);
    IkeHeader header =
        new IkeHeader(request.header().spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
    List<Payload> payloads =
        List.of(
            NotifyPayload.of(
                NotifyType.COOKIE, Bytes.copyOf(cookie(message, from, slice(now), current, 0))));
    return MessageEncoder.clear(header, payloads);
  }

  /** §2.6: the nonce is covered, so that seeing only the challenge is not enough to answer it. */
  private byte[] cookie(
      IkeMessage request, Endpoint from, long slice, SecretBytes secret, int age) {
    byte[] data =
        new ByteWriter()
            .u64(request.header().spiInitiator())
            .bytes(from.address().getAddress())
            .u16(from.port())
            .u64(slice)
            .bytes(request.nonce().orElse(Bytes.EMPTY))
            .toArray();
    SecretBytes mac = crypto.prf(PrfAlgorithm.HMAC_SHA2_256).apply(secret, data);
    byte[] cookie = mac.use(m -> new ByteWriter().u8((number - age) & 0xff).bytes(m).toArray());
    mac.destroy();
    return cookie;
  }

  private static long slice(Instant now) {
    return now.getEpochSecond() / SLICE.toSeconds();
  }
}
