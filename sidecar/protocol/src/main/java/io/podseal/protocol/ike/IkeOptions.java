package io.podseal.protocol.ike;

/**
 * What the operator may set for all IKE SAs of a pod.
 *
 * @param fragmentSize largest IP datagram of ours that carries a protected message
 */
public record IkeOptions(int fragmentSize) {
  public static final IkeOptions DEFAULT = new IkeOptions(Limits.FRAGMENT_SIZE);

  public IkeOptions {
    if (fragmentSize < Limits.LEAST_FRAGMENT_SIZE || fragmentSize > 0xffff) {
      throw new IllegalArgumentException("fragment size " + fragmentSize + " is not in 256..65535");
    }
  }
}
