package io.podseal.protocol.policy;

/**
 * What a data plane can do; only this is proposed and accepted.
 *
 * @param esn 64-bit sequence numbers (RFC 4303 §2.2.1)
 * @param noEsn 32-bit sequence numbers
 * @param transport ESP in transport mode
 * @param tunnel ESP in tunnel mode
 * @param ah the Authentication Header (RFC 4302)
 * @param replayWindow usable width of the anti-replay window, in packets
 */
public record Features(
    boolean esn, boolean noEsn, boolean transport, boolean tunnel, boolean ah, int replayWindow) {

  public boolean allows(ChildMode mode) {
    return switch (mode) {
      case TRANSPORT -> transport;
      case TUNNEL -> tunnel;
    };
  }
}
