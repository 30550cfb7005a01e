package io.podseal.protocol.ike;

import io.podseal.protocol.policy.Encapsulation;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/**
 * What the operator may set for all IKE SAs of a pod.
 *
 * @param fragmentSize largest IP datagram of ours that carries a protected message
 * @param ikeSas IKE SAs in all; beyond, no peer can begin another
 * @param messages gets every IKE message as a line
 * @param qcdSecret of this pod alone and kept over its restarts: makes the tokens of {@link
 *     CrashDetection}; without it none are sent
 * @param mobike whether we offer MOBIKE when we begin an IKE SA; a peer's offer is always taken
 * @param encapsulation when ESP travels in UDP
 */
public record IkeOptions(
    int fragmentSize,
    int ikeSas,
    MessageLog messages,
    Optional<SecretBytes> qcdSecret,
    boolean mobike,
    Encapsulation encapsulation) {
  public static final IkeOptions DEFAULT =
      new IkeOptions(
          Limits.FRAGMENT_SIZE,
          Limits.IKE_SAS,
          MessageLog.NONE,
          Optional.empty(),
          false,
          Encapsulation.FORCED);

  public IkeOptions {
    if (fragmentSize < Limits.LEAST_FRAGMENT_SIZE || fragmentSize > 0xffff) {
      throw new IllegalArgumentException("fragment size " + fragmentSize + " is not in 256..65535");
    }
  }

  public IkeOptions withFragmentSize(int value) {
    return new IkeOptions(value, ikeSas, messages, qcdSecret, mobike, encapsulation);
  }

  public IkeOptions withIkeSas(int value) {
    return new IkeOptions(fragmentSize, value, messages, qcdSecret, mobike, encapsulation);
  }

  public IkeOptions withMessages(MessageLog value) {
    return new IkeOptions(fragmentSize, ikeSas, value, qcdSecret, mobike, encapsulation);
  }

  public IkeOptions withQcdSecret(SecretBytes value) {
    return new IkeOptions(
        fragmentSize, ikeSas, messages, Optional.of(value), mobike, encapsulation);
  }

  public IkeOptions withMobike(boolean value) {
    return new IkeOptions(fragmentSize, ikeSas, messages, qcdSecret, value, encapsulation);
  }

  public IkeOptions withEncapsulation(Encapsulation value) {
    return new IkeOptions(fragmentSize, ikeSas, messages, qcdSecret, mobike, value);
  }
}
