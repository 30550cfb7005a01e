package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/** Delete payload (RFC 7296 §3.11): SPIs of SAs the sender receives on, or its IKE SA. */
public record DeletePayload(int protocol, List<Bytes> spis) implements Payload {
  public DeletePayload {
    spis = List.copyOf(spis);
  }

  /** Deletes the IKE SA that carries it. */
  public static DeletePayload ike() {
    return new DeletePayload(Proposal.IKE, List.of());
  }

  /** Whether it deletes the IKE SA that carries it. */
  public boolean isOfIkeSa() {
    return protocol == Proposal.IKE;
  }

  /** Deletes the child SA that we receive on with {@code spi}. */
  public static DeletePayload child(SecurityProtocol protocol, int spi) {
    return new DeletePayload(protocol.id(), List.of(Bytes.ofInt(spi)));
  }

  @Override
  public int type() {
    return PayloadType.DELETE;
  }
}
