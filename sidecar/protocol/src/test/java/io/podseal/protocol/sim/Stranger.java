package io.podseal.protocol.sim;

import io.podseal.protocol.policy.Endpoint;
import java.net.InetAddress;

/** Addresses that no declared pod has. */
final class Stranger {
  private Stranger() {}

  static Endpoint at(int number) {
    return new Endpoint(InetAddress.ofLiteral("10.9.0." + number), 500);
  }
}
