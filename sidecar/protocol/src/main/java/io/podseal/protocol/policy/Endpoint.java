package io.podseal.protocol.policy;

import java.net.InetAddress;

/** A UDP address: where a datagram came from or goes to. */
public record Endpoint(InetAddress address, int port) {
  @Override
  public String toString() {
    return address.getHostAddress() + ":" + port;
  }
}
