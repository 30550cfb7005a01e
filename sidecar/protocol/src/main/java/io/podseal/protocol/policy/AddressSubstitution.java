package io.podseal.protocol.policy;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Puts the addresses of the IKE SA in the place of addresses that a NAT has changed, in selectors
 * of transport mode (RFC 7296 §2.23.1). Immutable; what it replaces stays with its caller, so that
 * a substitution that leads nowhere is undone by forgetting it.
 *
 * @param local our own address, if we are behind a NAT
 * @param remote the address that the peer's packets come from, if the peer is behind a NAT
 */
public record AddressSubstitution(Optional<InetAddress> local, Optional<InetAddress> remote) {
  public static final AddressSubstitution NONE =
      new AddressSubstitution(Optional.empty(), Optional.empty());

  /**
   * The selectors with substituted addresses.
   *
   * @return empty when they cannot be those of transport mode, because one side does not name a
   *     single address
   */
  public Optional<TrafficSelectors> apply(TrafficSelectors received) {
    // §2.23.1: every selector of one side has exactly one and the same address.
    if (!isOneHost(received.local()) || !isOneHost(received.remote())) {
      return Optional.empty();
    }
    return Optional.of(
        new TrafficSelectors(at(received.local(), local), at(received.remote(), remote)));
  }

  /** Whether every selector names the same single address. */
  public static boolean isOneHost(List<TrafficSelector> selectors) {
    return !selectors.isEmpty()
        && selectors.stream()
            .allMatch(s ->
                s.isOneAddress() && s.startAddress().equals(selectors.getFirst().startAddress()));
  }

  private static List<TrafficSelector> at(
      List<TrafficSelector> selectors, Optional<InetAddress> address) {
    return address.map(a -> selectors.stream().map(s -> s.at(a)).toList()).orElse(selectors);
  }
}
