package io.podseal.protocol.message;

import io.podseal.protocol.policy.TrafficSelector;
import java.util.List;

/**
 * Traffic Selector payload (RFC 7296 §3.13).
 *
 * @param initiator TSi if true, else TSr
 * @param selectors those of a type we know; others are skipped when decoding
 */
public record TsPayload(boolean initiator, List<TrafficSelector> selectors) implements Payload {
  public TsPayload {
    selectors = List.copyOf(selectors);
  }

  @Override
  public int type() {
    return initiator ? PayloadType.TS_INITIATOR : PayloadType.TS_RESPONDER;
  }
}
