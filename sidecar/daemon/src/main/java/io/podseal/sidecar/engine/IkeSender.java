package io.podseal.sidecar.engine;

import io.podseal.protocol.policy.Endpoint;

/** Sends IKE messages from UDP 500; what goes out on 4500 is the data plane's. */
@FunctionalInterface
public interface IkeSender {
  /** Sends a message; false when the kernel refused it. */
  boolean send(byte[] message, Endpoint to);
}
