package io.podseal.protocol.message;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.MalformedException;
import java.util.List;

/**
 * How many structures inside payloads one message may still hold: proposals, transforms, selectors
 * and deleted SPIs. Each costs more memory than octets, and payloads of some types may stand often,
 * so limits of one payload alone bound nothing. Not thread-safe.
 */
final class Allowance {
  /** What strongSwan sends at most is 5 proposals and 40 transforms; 200 octets each, 38 KB. */
  static final int PER_MESSAGE = 192;

  private int left = PER_MESSAGE;

  /** What is left to a message of which {@code read} is decoded. */
  static Allowance after(List<Payload> read) {
    Allowance allowance = new Allowance();
    read.forEach(p -> allowance.left -= structures(p));
    return allowance;
  }

  /** One more structure is about to be decoded. */
  void take() throws MalformedException {
    if (left <= 0) {
      throw new MalformedException(
          DropReason.IKE_TOO_MANY_PAYLOADS,
          "more than " + PER_MESSAGE + " proposals, transforms, selectors and SPIs");
    }
    left--;
  }

  private static int structures(Payload payload) {
    return switch (payload) {
      case SaPayload sa -> sa.proposals().stream().mapToInt(p -> 1 + p.transforms().size()).sum();
      case TsPayload ts -> ts.selectors().size();
      case DeletePayload delete -> delete.spis().size();
      default -> 0;
    };
  }
}
