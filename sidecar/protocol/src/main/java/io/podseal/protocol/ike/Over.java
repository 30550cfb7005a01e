package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.CloseReason;

/** The IKE SA has come to its end, whether or not something of it lingers. */
sealed interface Over extends State permits Ended, Dead {
  CloseReason reason();
}
