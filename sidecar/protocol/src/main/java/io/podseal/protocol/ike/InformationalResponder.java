package io.podseal.protocol.ike;

import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Answers INFORMATIONAL requests: liveness checks and deletes (RFC 7296 §1.4). */
final class InformationalResponder {
  private InformationalResponder() {}

  /** What the request asks for, and the payloads that answer it. */
  record Answer(List<Payload> payloads, boolean deletesIkeSa, boolean deletedChildren) {}

  static Answer answer(Established sa, IkeMessage request, Instant now, List<Action> out) {
    List<Payload> payloads = new ArrayList<>();
    boolean deletedChildren = false;
    for (DeletePayload delete : request.all(DeletePayload.class)) {
      if (delete.isOfIkeSa()) {
        // §1.4.1: the answer to a Delete of the IKE SA is empty.
        return new Answer(List.of(), true, false);
      }
      if (!SecurityProtocol.isChild(delete.protocol())) {
        continue;
      }
      List<Bytes> ours = new ArrayList<>();
      for (Bytes spi : delete.spis()) {
        if (spi.length() != 4) {
          continue;
        }
        ChildSa child = sa.children().byOutbound(delete.protocol(), spi.s32(0)).orElse(null);
        if (child == null || child.stage() == ChildSa.Stage.LINGERING) {
          continue;
        }
        // §1.4.1: if both delete the same pair at once, neither lists its half in the answer.
        if (child.stage() != ChildSa.Stage.DELETING) {
          ours.add(Bytes.ofInt(child.inboundSpi()));
        }
        deleted(sa, child, now, out);
        deletedChildren = true;
      }
      if (!ours.isEmpty()) {
        payloads.add(new DeletePayload(delete.protocol(), ours));
      }
    }
    return new Answer(payloads, false, deletedChildren);
  }

  private static void deleted(Established sa, ChildSa child, Instant now, List<Action> out) {
    child.linger(now.plus(IkeTimers.REKEYED_CHILD_LINGER));
    if (sa.children().newest().isPresent()) {
      sa.children().leave(child, out);
    } else {
      sa.children().remove(child, "deleted by the peer", now, out);
    }
  }
}
