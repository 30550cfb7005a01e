package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
import java.util.List;

/** Security Association payload: proposals, most wanted first (RFC 7296 §3.3). */
public record SaPayload(List<Proposal> proposals) implements Payload {
  public SaPayload {
    proposals = List.copyOf(proposals);
  }

  @Override
  public int type() {
    return PayloadType.SA;
  }
}
