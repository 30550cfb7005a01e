package io.podseal.protocol.ike;

/**
 * What the operator may set for all IKE SAs of a pod.
 *
 * @param fragmentSize largest IP datagram of ours that carries a protected message
 * @param ikeSas IKE SAs in all; beyond, no peer can begin another
 * @param messages gets every IKE message as a line
 */
public record IkeOptions(int fragmentSize, int ikeSas, MessageLog messages) {
  public static final IkeOptions DEFAULT =
      new IkeOptions(Limits.FRAGMENT_SIZE, Limits.IKE_SAS, MessageLog.NONE);

  public IkeOptions {
    if (fragmentSize < Limits.LEAST_FRAGMENT_SIZE || fragmentSize > 0xffff) {
      throw new IllegalArgumentException("fragment size " + fragmentSize + " is not in 256..65535");
    }
  }

  public IkeOptions withFragmentSize(int value) {
    return new IkeOptions(value, ikeSas, messages);
  }

  public IkeOptions withIkeSas(int value) {
    return new IkeOptions(fragmentSize, value, messages);
  }

  public IkeOptions withMessages(MessageLog value) {
    return new IkeOptions(fragmentSize, ikeSas, value);
  }
}
