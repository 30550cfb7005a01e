package io.podseal.protocol.sim;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.wire.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A CREATE_CHILD_SA exchange as a third party with the keys reads it, to say what must come of two
 * that cross.
 *
 * @param nonces of its request and of its answer
 * @param spiOfInitiator that the one who began it chose for the new SA
 */
record WireRekey(
    Host initiator,
    Host responder,
    List<Bytes> nonces,
    Bytes spiOfInitiator,
    Bytes spiOfResponder) {

  /** The first that {@code initiator} began on an IKE SA, if it was answered with an SA. */
  static Optional<WireRekey> firstOf(
      Host initiator, Host responder, World world, Keys.IkeSaKeys on) {
    return messages(world, on, initiator, false)
        .findFirst()
        .flatMap(request -> answered(initiator, responder, world, on, request));
  }

  /** The first that {@code initiator} began on an IKE SA and that was answered with an SA. */
  static Optional<WireRekey> firstAnswered(
      Host initiator, Host responder, World world, Keys.IkeSaKeys on) {
    return messages(world, on, initiator, false)
        .flatMap(request -> answered(initiator, responder, world, on, request).stream())
        .findFirst();
  }

  private static Optional<WireRekey> answered(
      Host initiator, Host responder, World world, Keys.IkeSaKeys on, IkeMessage request) {
    return messages(world, on, responder, true)
        .filter(m -> m.header().messageId() == request.header().messageId())
        .findFirst()
        .filter(m -> m.error().isEmpty())
        .map(m ->
            new WireRekey(
                initiator,
                responder,
                List.of(request.nonce().orElseThrow(), m.nonce().orElseThrow()),
                spi(request),
                spi(m)));
  }

  private static Stream<IkeMessage> messages(
      World world, Keys.IkeSaKeys on, Host from, boolean response) {
    return world.sent.stream()
        .filter(s -> s.is(from, ExchangeType.CREATE_CHILD_SA, response))
        .filter(s -> ByteBuffer.wrap(s.ike()).getLong() == on.spiInitiator())
        .map(s -> Forge.open(world.provider(), on.copy(), s.ike()));
  }

  private static Bytes spi(IkeMessage message) {
    return message.first(SaPayload.class).orElseThrow().proposals().getFirst().spi();
  }

  private byte[] lowestNonce() {
    return nonces.stream().map(Bytes::toArray).min(Arrays::compareUnsigned).orElseThrow();
  }

  /** RFC 7296 §2.8.1, §2.8.2: the SA made with the lowest of the four nonces goes. */
  boolean survives(WireRekey other) {
    return Arrays.compareUnsigned(lowestNonce(), other.lowestNonce()) > 0;
  }
}
