package io.podseal.protocol.policy;

import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;

/**
 * An IKE identity: an opaque lower-case name sent as ID_FQDN (RFC 7296 §3.5), never parsed and
 * never an address. Ordered by unsigned octets; the order breaks ties between two ends.
 */
public record Identity(String name) implements Comparable<Identity> {
  /** Longest name a peer may send. */
  public static final int MAX_LENGTH = 255;

  public Identity {
    if (name.isEmpty() || name.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("identity of " + name.length() + " characters");
    }
  }

  public Bytes octets() {
    return Bytes.copyOf(name.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public int compareTo(Identity other) {
    return octets().compareTo(other.octets());
  }

  @Override
  public String toString() {
    return name;
  }
}
