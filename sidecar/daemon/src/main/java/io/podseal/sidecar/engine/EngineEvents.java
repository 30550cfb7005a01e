package io.podseal.sidecar.engine;

import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.util.List;

/** What the engine tells the outside; called on its thread. */
public interface EngineEvents {
  void event(ProtocolEvent event);

  void dropped(DropReason reason);

  /** The established SAs, whenever they changed. */
  void liveSas(List<LiveSa> sas);

  /**
   * An established IKE SA.
   *
   * @param epoch of the key that authenticated it
   */
  record LiveSa(String peerIdentity, int epoch, int children) {}
}
